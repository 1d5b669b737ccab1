//! The one place with `unsafe`: a value that only the holder of a lock can reach.
//!
//! The compiler cannot know that a lock keeps others out; a lock's author says so (`unsafe impl Exclusive`), and `tests/loom.rs`
//! shows it.

#![allow(unsafe_code, reason = "a lock is what makes a shared value writable; std's own does the same behind its door")]

use super::raw::RawLock;
use super::spin::SpinLock;
use super::ticket::TicketLock;
use crate::sync::UnsafeCell;

/// A lock that really keeps others out.
///
/// # Safety
/// Between the return of `lock` and the call of `unlock` no other `lock` of the same value returns, and what was written before
/// an `unlock` is seen after the next `lock`.
pub unsafe trait Exclusive: RawLock {}

// SAFETY: `tests/loom.rs` explores both in all orders: no two inside, and no stale value is seen.
unsafe impl Exclusive for SpinLock {}
// SAFETY: as above.
unsafe impl Exclusive for TicketLock {}

/// A value behind a lock.
#[derive(Debug)]
pub struct Guarded<L, T> {
    lock: L,
    value: UnsafeCell<T>,
}

// SAFETY: the value goes from thread to thread (`T: Send`), and is seen by one at a time (`L: Exclusive`).
unsafe impl<L: Exclusive, T: Send> Sync for Guarded<L, T> {}

impl<L: Exclusive, T> Guarded<L, T> {
    /// The value, behind a free lock.
    pub fn new(value: T) -> Guarded<L, T> {
        Guarded { lock: L::new(), value: UnsafeCell::new(value) }
    }

    /// Takes the lock, does the work on the value, and lets go, also if the work panics.
    pub fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        struct Unlock<'a, L: RawLock>(&'a L);
        impl<L: RawLock> Drop for Unlock<'_, L> {
            fn drop(&mut self) {
                self.0.unlock();
            }
        }
        self.lock.lock();
        let _unlock = Unlock(&self.lock);
        // SAFETY: we hold the lock, so nobody else has a reference to the value.
        self.value.with_mut(|value| work(unsafe { &mut *value }))
    }
}
