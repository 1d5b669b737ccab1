//! Helpers for the end-to-end tests.
//!
//! - [`run`]: finds a program and runs it; [`workspace`]: where it is, and whether it is up to date.
//! - [`printed`]: the blocks of printed output in the book; `cargo run -p tests` regenerates them.

#![forbid(unsafe_code)]

pub mod printed;
pub mod run;
pub mod workspace;
