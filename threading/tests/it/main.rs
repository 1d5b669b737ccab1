//! What the experiments of this section promise.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod article;
mod cpu;
mod fetch;
mod files;
mod pools;
#[cfg(target_os = "linux")]
mod stack;
