//! The operating system in virtual time: cores, threads, a run queue, sleeping and waking.
//!
//! A simulated thread is a future. It runs until it awaits something that takes time; then the next event is taken from the
//! heap, the clock jumps to it, and the thread that it concerns goes on. Nothing here knows of a GIL.

mod awaits;
mod cores;
mod manual;
mod run;
mod state;
mod thread;

pub use state::{Os, Task};
pub use thread::{CodePath, TimeoutHandler};
