//! Tests of the section, one module per experiment.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod article;
mod cancel;
mod command_line;
mod common;
mod fetch;
mod files;
mod gather;
mod loop_stalls;
mod loops;
mod million;
mod runtimes;
mod serve;
