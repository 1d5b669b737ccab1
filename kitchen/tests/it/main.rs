//! What the section promises, one module for each experiment.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod cooks;
mod hands;
mod table;
