//! The smallest lock: one flag. The thread that turns it from false to true holds the lock.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::raw::RawLock;
use crate::sync::{AtomicBool, relax};

/// A spin lock. It is unfair: the thread that asks at the right moment gets it.
#[derive(Debug)]
pub struct SpinLock {
    locked: AtomicBool,
}

// ANCHOR: spin
impl RawLock for SpinLock {
    fn new() -> SpinLock {
        SpinLock { locked: AtomicBool::new(false) }
    }

    fn lock(&self) {
        let mut looks = 0;
        // Acquire: what the last holder wrote is seen by whoever comes in.
        while self.locked.compare_exchange_weak(false, true, Acquire, Relaxed).is_err() {
            relax(&mut looks);
        }
    }

    fn unlock(&self) {
        self.locked.store(false, Release);
    }
}
// ANCHOR_END: spin
