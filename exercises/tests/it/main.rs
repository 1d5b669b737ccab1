//! What the grader guarantees.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

#[cfg(target_os = "linux")]
mod attacks;
mod bad_input;
mod check;
mod grade;
#[cfg(target_os = "linux")]
mod limits;
mod run;
mod submissions;
mod verify;
mod workspace;
