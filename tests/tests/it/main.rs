//! End-to-end tests of the programs and of the book. They need the built programs: run `cargo build --workspace` first, or
//! `cargo test --workspace`, which builds them.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod ask;
mod bad_input;
mod bad_scenario;
mod book;
mod house;
mod ledger;
mod machine_readable;
mod option_pairs;
mod programs;
mod pythons;
mod widths;
