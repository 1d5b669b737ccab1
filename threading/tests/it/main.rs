//! What the section promises, one module for each experiment.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod article_and_cpu;
#[cfg(target_os = "linux")]
mod cpu;
mod fetch;
mod files;
mod one_core;
mod pools;
#[cfg(target_os = "linux")]
mod stack;
