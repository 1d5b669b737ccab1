//! What the locks are made of. The model checkers' tests put modules of the same shape in this one's place (`tests/loom.rs`,
//! `tests/shuttle.rs`).

use std::sync::{self, PoisonError};
use std::time::Duration;

mod semaphore;
pub use semaphore::Semaphore;

pub use std::sync::MutexGuard;
pub use std::sync::atomic::{AtomicBool, AtomicU64};

/// A mutex without poisoning: CPython's has none either, and a thread that panics must not take the GIL with it.
#[derive(Debug, Default)]
pub struct Mutex<T>(sync::Mutex<T>);

impl<T> Mutex<T> {
    pub fn new(value: T) -> Mutex<T> {
        Mutex(sync::Mutex::new(value))
    }

    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A condition variable.
#[derive(Debug, Default)]
pub struct Condvar(sync::Condvar);

impl Condvar {
    pub fn new() -> Condvar {
        Condvar::default()
    }

    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        self.0.wait(guard).unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits, at most so long; whether the time was up. The mutex is the guard's: a model checker's wait needs it.
    pub fn wait_timeout<'a, T>(
        &self,
        _: &'a Mutex<T>,
        guard: MutexGuard<'a, T>,
        most: Duration,
    ) -> (MutexGuard<'a, T>, bool) {
        let (guard, waited) = self.0.wait_timeout(guard, most).unwrap_or_else(PoisonError::into_inner);
        (guard, waited.timed_out())
    }
}
