//! What the grader guarantees.

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
