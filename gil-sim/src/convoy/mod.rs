//! The convoy: an I/O thread beside CPU-bound threads. Each of its calls lets go of the GIL, and a call that would not even have
//! waited costs a switch interval.

pub mod calls;
pub mod workload;

#[cfg(unix)] // sockets and their peers, like calibration
pub mod real_threads;
#[cfg(unix)]
pub mod sources;
