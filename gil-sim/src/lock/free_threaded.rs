//! CPython without the GIL (PEP 703, 3.13t): no lock.
//!
//! Nothing is protected. What the lock used to give for nothing, that a reference count may be changed by a load and a store, must
//! be paid for elsewhere, at every change of a count; `benches/locks.rs` measures the price.

use super::{Lock, ThreadId};

/// No lock.
#[derive(Clone, Copy, Debug, Default)]
pub struct Free;

impl Lock for Free {
    fn take(&self, _: ThreadId) {}

    fn release(&self, _: ThreadId) {}

    fn leave(&self, _: ThreadId) {}

    #[inline]
    fn wanted(&self, _: ThreadId) -> bool {
        false
    }

    fn switches(&self) -> u64 {
        0
    }
}
