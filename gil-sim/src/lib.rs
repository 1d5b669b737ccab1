//! GIL — one global mutex, as CPython 3.2 to 3.12 have it, and what it does to threads that compute.

mod gil;
pub mod loops;
mod sync;
pub mod two;

pub use gil::{Gil, Held, SWITCH_INTERVAL, ThreadId};
