//! Helpers for the end-to-end tests.
//!
//! - [`run`]: finds a program and runs it; [`workspace`]: where it is, and whether it is up to date.
//! - [`printed`]: the blocks of printed output in the book; `cargo run -p tests` regenerates them.
//! - [`labs`]: what the book says of each lab, from the labs' own files.

#![forbid(unsafe_code)]

pub mod labs;
pub mod printed;
pub mod run;
pub mod workspace;
