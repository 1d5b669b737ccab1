//! Integration tests of `lab`.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod interpreters;
mod questions;
