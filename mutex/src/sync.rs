//! What is proved is made of these parts. The model checker's tests put a module of the same shape in this one's place
//! (`tests/model/sync.rs`).

use std::cell;
use std::sync::{self, PoisonError, TryLockError};
use std::thread;

pub use std::sync::MutexGuard;
pub use std::sync::atomic::{AtomicBool, AtomicUsize};

/// A mutex without poisoning.
#[derive(Debug, Default)]
pub struct Mutex<T>(sync::Mutex<T>);

impl<T> Mutex<T> {
    pub fn new(value: T) -> Mutex<T> {
        Mutex(sync::Mutex::new(value))
    }

    /// Waits until it is free, and takes it.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes it if it is free.
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        match self.0.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(held)) => Some(held.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

/// A condition variable.
#[derive(Debug, Default)]
pub struct Condvar(sync::Condvar);

impl Condvar {
    pub fn new() -> Condvar {
        Condvar::default()
    }

    /// Lets go of the mutex, sleeps until somebody notifies (or for no reason at all), and takes the mutex again.
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        self.0.wait(guard).unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes one of those who wait, if any does.
    pub fn notify_one(&self) {
        self.0.notify_one();
    }
}

/// A value that is changed through a shared handle by whoever knows that nobody else looks.
#[derive(Debug, Default)]
pub struct UnsafeCell<T>(cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    /// Holds the value.
    pub fn new(value: T) -> UnsafeCell<T> {
        UnsafeCell(cell::UnsafeCell::new(value))
    }

    /// Where the value is, for as long as the work takes.
    pub fn with_mut<R>(&self, work: impl FnOnce(*mut T) -> R) -> R {
        work(self.0.get())
    }
}

/// Called after each failed attempt. The thread that we wait for may need our core.
pub fn relax(looks: &mut u32) {
    *looks = looks.wrapping_add(1);
    if looks.is_multiple_of(64) { thread::yield_now() } else { std::hint::spin_loop() }
}
