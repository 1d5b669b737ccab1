//! What the grader guarantees.

mod bad_input;
mod check;
mod run;
mod verify;
mod workspace;
