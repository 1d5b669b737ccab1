//! CPython without the GIL (PEP 703, 3.13t and later): no lock.
//!
//! Nothing is protected. Under a lock a plain load and store could change a reference count; without one every change of a count
//! must be atomic. `benches/locks.rs` measures the price.

use super::held::{Lock, ThreadId};

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
