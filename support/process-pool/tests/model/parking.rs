//! Threads that sleep until they are woken, for loom models. Loom's own `park` mistakes a thread that waits for a lock, or for
//! another thread's end, for one that is parked.

use std::sync::Arc;

use loom::sync::{Condvar, Mutex};

/// Whom to wake: the shape of `std::thread::Thread`.
#[derive(Clone, Debug)]
pub struct Thread {
    id: usize,
    token: Arc<(Mutex<bool>, Condvar)>,
}

impl Thread {
    pub fn new(id: usize) -> Thread {
        Thread { id, token: Arc::new((Mutex::new(false), Condvar::new())) }
    }

    pub fn id(&self) -> usize {
        self.id
    }

    pub fn unpark(&self) {
        *self.token.0.lock().unwrap() = true;
        self.token.1.notify_one();
    }

    /// For this thread itself.
    pub fn park(&self) {
        let mut token = self.token.0.lock().unwrap();
        while !*token {
            token = self.token.1.wait(token).unwrap();
        }
        *token = false;
    }
}
