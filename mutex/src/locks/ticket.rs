//! A ticket lock: draw a number, wait until it is called. First come, first served.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::raw::RawLock;
use crate::sync::{AtomicUsize, relax};

/// It is fair, at a cost: if the next thread is not on a core, all others wait for it.
#[derive(Debug)]
pub struct TicketLock {
    /// The number that the next one draws.
    next: AtomicUsize,
    /// The number that is called.
    called: AtomicUsize,
}

// ANCHOR: ticket
impl RawLock for TicketLock {
    fn new() -> TicketLock {
        TicketLock { next: AtomicUsize::new(0), called: AtomicUsize::new(0) }
    }

    fn lock(&self) {
        let mine = self.next.fetch_add(1, Relaxed);
        let mut looks = 0;
        while self.called.load(Acquire) != mine {
            relax(&mut looks);
        }
    }

    fn unlock(&self) {
        // Nobody else calls a number while we hold the lock.
        let called = self.called.load(Relaxed);
        self.called.store(called.wrapping_add(1), Release);
    }
}
// ANCHOR_END: ticket
