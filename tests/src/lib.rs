//! The programs as a reader runs them.
//!
//! - [`run`]: finds a program and runs it; [`workspace`]: where it is, and whether it is up to date.
//! - [`printed`]: the blocks of printed output in the book; `cargo run -p tests` prints them anew.

#![forbid(unsafe_code)]

pub mod printed;
pub mod run;
pub mod workspace;
