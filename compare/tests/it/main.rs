//! What the experiments and the reports promise.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod cells;
mod programs;
mod saved;
mod scaling;
mod stop;
