//! What the grader guarantees.

#[cfg(target_os = "linux")]
mod attacks;
mod grade;
#[cfg(target_os = "linux")]
mod limits;
mod submissions;
