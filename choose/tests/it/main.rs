//! What the section promises, one module for each experiment.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod again;
mod hard;
mod machine;
mod older;
mod overhead;
mod programs;
mod pythons;
mod run;
mod verify;
