//! GIL — one global mutex, what it does to threads that compute, and a simulator that tells what it would do to others.
//!
//! [`lock`] has the locks of all CPythons, proved with loom; [`vm`] a small interpreter that runs under any of them; [`sim`] the same
//! protocols in virtual time, on a machine whose latencies [`calibrate`] measures.

#![forbid(unsafe_code)]

#[cfg(unix)] // sockets and their peers; the rest compiles anywhere
pub mod calibrate;
#[cfg(feature = "scenarios")]
pub mod convoy;
#[cfg(feature = "scenarios")]
pub mod experiments;
#[cfg(any(unix, feature = "scenarios"))]
mod input_file;
pub mod interpreters;
pub mod lock;
pub mod loops;
#[cfg(feature = "scenarios")]
mod options;
#[cfg(all(unix, feature = "scenarios"))]
pub mod peer;
#[cfg(feature = "scenarios")]
pub mod run_on_cpython;
#[cfg(feature = "scenarios")]
pub mod scenario;
pub mod sim;
mod sync;
pub mod vm;

pub use lock::{Gil, Held, Lock, SWITCH_INTERVAL, ThreadId};
