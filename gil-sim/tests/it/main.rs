//! What gil-sim promises, by experiment and by term. The models of the locks are in `tests/loom.rs` and its neighbours.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::process::Command;

mod bytecode;
mod command_line;
mod convoy;
mod interpreters;
mod lock;
mod native;
mod sampling;
mod simulator;
mod versions;

/// A millisecond, in ns.
const MS: u64 = 1_000_000;

/// Runs the program: its exit code, what it printed, and what it said on standard error.
fn run(args: &[&str]) -> (Option<i32>, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_gil-sim")).args(args).output().expect("built with this test");
    let text = |bytes| String::from_utf8(bytes).expect("a text");
    (out.status.code(), text(out.stdout), text(out.stderr))
}
