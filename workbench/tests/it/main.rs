//! What the page's program guarantees: its answers, whom it answers, what it leaves behind, and the page as files.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod answers;
mod client;
mod command_line;
mod ctrl_c;
mod export;
mod fuzz;
mod security;
