//! Locks written by hand, for reading: they never sleep. The files of this folder use nothing but `crate::sync` and each other,
//! so that `tests/loom.rs` proves these very lines.

mod guarded;
pub mod raw;
mod spin;
mod ticket;

pub use guarded::{Exclusive, Guarded};
pub use raw::RawLock;
pub use spin::SpinLock;
pub use ticket::TicketLock;
