//! GIL — one global mutex, as CPython 3.2 to 3.12 have it, and what it does to threads that compute.

pub mod bytecode;
pub mod lock;
pub mod loops;
mod sync;
pub mod two;
pub mod vm;

pub use lock::{Gil, Held, Lock, SWITCH_INTERVAL, ThreadId};
