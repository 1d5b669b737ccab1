//! End to end: the programs as a reader runs them, and the book as a reader opens it. `cargo build --workspace` first, or
//! `cargo test --workspace`, which builds them.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod bad_input;
mod bad_scenario;
mod book;
mod house;
mod machine_readable;
mod option_pairs;
mod programs;
mod pythons;
mod widths;
