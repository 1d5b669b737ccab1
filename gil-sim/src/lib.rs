//! GIL — one global mutex, as CPython 3.2 to 3.12 have it, and what it does to threads that compute.

pub mod calibrate;
mod gil;
pub mod loops;
#[cfg(feature = "scenarios")]
pub mod scenario;
pub mod sim;
mod sync;
pub mod two;

pub use gil::{Gil, Held, SWITCH_INTERVAL, ThreadId};
