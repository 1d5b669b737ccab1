//! GIL — one global mutex, what it does to threads that compute, and a simulator that tells what it would do to others.
//!
//! [`lock`] has the locks of all CPythons, proved with loom; [`vm`] a small interpreter that runs under any of them; [`sim`] the same
//! protocols in virtual time, on a machine whose latencies [`calibrate`] measures.

#![forbid(unsafe_code)]

pub mod bytecode;
#[cfg(unix)] // sockets and their peers; the rest compiles anywhere
pub mod calibrate;
#[cfg(feature = "scenarios")]
pub mod convoy;
#[cfg(any(unix, feature = "scenarios"))]
mod given;
#[cfg(all(unix, feature = "scenarios"))]
pub mod interval;
pub mod lock;
pub mod loops;
#[cfg(feature = "scenarios")]
pub mod native;
#[cfg(feature = "scenarios")]
pub mod played;
#[cfg(all(unix, feature = "scenarios"))]
pub mod predict;
#[cfg(feature = "scenarios")]
pub mod scenario;
pub mod sim;
#[cfg(feature = "scenarios")]
pub mod step;
mod sync;
pub mod two;
#[cfg(all(unix, feature = "scenarios"))]
pub mod verify;
#[cfg(feature = "scenarios")]
pub mod versions;
pub mod vm;

pub use lock::{Gil, Held, Lock, SWITCH_INTERVAL, ThreadId};
