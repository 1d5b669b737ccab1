//! Locks written by hand, for reading: they never sleep. The files of this folder use nothing but `crate::sync` and each other,
//! so that `tests/loom.rs` proves these very lines.

mod guarded;
mod spin;
mod ticket;

pub use guarded::{Exclusive, Guarded};
pub use spin::SpinLock;
pub use ticket::TicketLock;

/// A lock that protects nothing by itself. Lock and unlock come in pairs; [`Guarded`] sees to that.
pub trait RawLock: Send + Sync {
    /// Free.
    fn new() -> Self;

    /// Waits until the lock is free, and takes it.
    fn lock(&self);

    /// Lets go. Only whoever took the lock may call this.
    fn unlock(&self);
}
