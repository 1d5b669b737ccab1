//! Wrong: the mutex was searched and replaced by an atomic flag: whoever waits spins.

use std::time::Duration;

use crate::sync::atomic::{AtomicBool, Ordering::SeqCst};
use crate::sync::thread;

/// One lock for the whole interpreter.
pub struct Gil {
    locked: AtomicBool,
    request: AtomicBool,
}

impl Gil {
    /// A free lock.
    pub fn new(_: Duration) -> Gil {
        Gil { locked: AtomicBool::new(false), request: AtomicBool::new(false) }
    }

    /// Spins until the lock is free.
    pub fn take_gil(&self, _: usize) {
        while self.locked.compare_exchange(false, true, SeqCst, SeqCst).is_err() {
            self.request.store(true, SeqCst);
            thread::yield_now();
        }
        self.request.store(false, SeqCst);
    }

    /// Lets go.
    pub fn drop_gil(&self, _: usize) {
        self.locked.store(false, SeqCst);
    }

    /// Whether the holder is asked to let go.
    pub fn asked(&self) -> bool {
        self.request.load(SeqCst)
    }
}
