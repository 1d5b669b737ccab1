//! The convoy: an I/O thread beside CPU-bound threads. Each of its calls lets go of the GIL, and a call that would not even have
//! waited costs a switch interval.
//!
//! Article: GIL(Global Interpreter Lock). Run: `cargo run -p gil-sim -- convoy`. Python twin: `python/scenario.py`.

pub mod calls;
pub mod load;

#[cfg(unix)] // sockets and their peers, like calibration
pub mod beside;
#[cfg(unix)]
mod experiment;
#[cfg(unix)]
pub mod judges;
#[cfg(unix)]
pub mod peer;

#[cfg(unix)]
pub use experiment::run;
