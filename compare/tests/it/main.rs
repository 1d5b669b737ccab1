//! What the experiments promise.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod cells;
mod programs;
mod scaling;
mod stop;
