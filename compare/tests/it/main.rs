//! What the table and the reports promise.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod cells;
mod saved;
