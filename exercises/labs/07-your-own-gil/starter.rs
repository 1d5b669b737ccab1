//! Lab 07: a lock that works, and that a busy thread never lets go of. Make it a GIL.

use std::time::Duration;

use crate::sync::{Condvar, Mutex};

/// One lock for the whole interpreter.
pub struct Gil {
    locked: Mutex<bool>,
    /// The lock is free.
    freed: Condvar,
}

impl Gil {
    /// A free lock; a waiter asks for it after `interval`.
    pub fn new(interval: Duration) -> Gil {
        let _ = interval;
        Gil { locked: Mutex::new(false), freed: Condvar::new() }
    }

    /// Waits for the lock. Threads are numbered from 1.
    pub fn take_gil(&self, _me: usize) {
        let mut locked = self.locked.lock().unwrap();
        while *locked {
            locked = self.freed.wait(locked).unwrap();
        }
        *locked = true;
    }

    /// Lets go. After a request: comes back only when somebody else has taken it.
    pub fn drop_gil(&self, _me: usize) {
        *self.locked.lock().unwrap() = false;
        self.freed.notify_one();
    }

    /// What the interpreter looks at between two bytecodes: whether the holder is asked to let go.
    pub fn asked(&self) -> bool {
        false
    }
}
