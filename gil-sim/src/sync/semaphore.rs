//! POSIX's `sem_t`. std has none, so this one is built of a mutex and a condition variable, and costs as much as they do.

use super::unpoisoned::{Condvar, Mutex};

/// A counting semaphore.
#[derive(Debug)]
pub struct Semaphore {
    value: Mutex<u32>,
    raised: Condvar,
}

impl Semaphore {
    pub fn new(value: u32) -> Semaphore {
        Semaphore { value: Mutex::new(value), raised: Condvar::new() }
    }

    /// `sem_wait`. Any thread that finds the value above 0 takes it, woken or not.
    pub fn wait(&self) {
        let mut value = self.value.lock();
        while *value == 0 {
            value = self.raised.wait(value);
        }
        *value -= 1;
    }

    /// `sem_post`.
    pub fn post(&self) {
        *self.value.lock() += 1;
        self.raised.notify_one();
    }
}
