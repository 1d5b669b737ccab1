//! The GIL of Python 2 (and 3.0, 3.1): a plain lock, let go and taken again every 100 ticks.
//!
//! There are no requests and no forced switches: the holder counts instructions, and when the count is used up it releases and
//! takes the lock again at once, whether anybody waits or not. A thread that this wakes mostly comes too late.
//!
//! The plain lock is `PyThread_allocate_lock` of CPython 2.7's `Python/thread_pthread.h`: a semaphore where the system has a good
//! one (Linux), else a mutex and a condition variable (macOS).

use std::sync::atomic::Ordering::Relaxed;

use super::held::{Lock, NOBODY, ThreadId};
use crate::sync::{AtomicU64, Condvar, Mutex, Semaphore};

/// `_Py_CheckInterval` (`sys.getcheckinterval()`).
pub const CHECK_INTERVAL: u64 = 100;

/// What Python 2 calls a lock (`PyThread_type_lock`).
pub trait PlainLock: Send + Sync {
    /// A free lock.
    fn new() -> Self;
    /// `PyThread_acquire_lock(lock, WAIT_LOCK)`.
    fn acquire(&self);
    /// `PyThread_release_lock`.
    fn release(&self);
}

// ANCHOR: semaphore
/// The variant of Linux.
#[derive(Debug)]
pub struct SemaphoreLock(Semaphore);

impl PlainLock for SemaphoreLock {
    fn new() -> Self {
        SemaphoreLock(Semaphore::new(1))
    }

    fn acquire(&self) {
        self.0.wait();
    }

    fn release(&self) {
        self.0.post();
    }
}
// ANCHOR_END: semaphore

// ANCHOR: condvar
/// The variant of macOS.
#[derive(Debug)]
pub struct MutexAndCondvar {
    /// `mut`, and in it `locked`.
    locked: Mutex<bool>,
    /// `lock_released`.
    released: Condvar,
}

impl PlainLock for MutexAndCondvar {
    fn new() -> Self {
        MutexAndCondvar { locked: Mutex::new(false), released: Condvar::new() }
    }

    fn acquire(&self) {
        let mut locked = self.locked.lock();
        while *locked {
            locked = self.released.wait(locked);
        }
        *locked = true;
    }

    fn release(&self) {
        *self.locked.lock() = false;
        // After the mutex, as in CPython. No waiter can miss it: each has read `locked` under the mutex before it waits.
        self.released.notify_one();
    }
}
// ANCHOR_END: condvar

/// The lock of the interpreter (`interpreter_lock`).
#[derive(Debug)]
pub struct Ticks<P = SemaphoreLock> {
    lock: P,
    /// `_Py_Ticker`. Only the holder touches it.
    ticker: AtomicU64,
    /// `_Py_CheckInterval`.
    check_interval: u64,
    /// Who held it last, and how often that changed. Python 2 does not keep count; only the holder touches them.
    last_holder: AtomicU64,
    switches: AtomicU64,
}

impl<P: PlainLock> Ticks<P> {
    /// A free lock that goes every so many ticks.
    pub fn new(check_interval: u64) -> Ticks<P> {
        Ticks {
            lock: P::new(),
            ticker: AtomicU64::new(0),
            check_interval,
            last_holder: AtomicU64::new(NOBODY),
            switches: AtomicU64::new(0),
        }
    }
}

impl<P: PlainLock> Lock for Ticks<P> {
    fn take(&self, me: ThreadId) {
        self.lock.acquire();
        if self.last_holder.load(Relaxed) != me.0 {
            self.last_holder.store(me.0, Relaxed);
            self.switches.store(self.switches.load(Relaxed) + 1, Relaxed);
        }
    }

    fn release(&self, _: ThreadId) {
        self.lock.release();
    }

    fn leave(&self, _: ThreadId) {
        self.lock.release();
    }

    // ANCHOR: tick
    /// `if (--_Py_Ticker < 0)`: with 100, every 101st time.
    #[inline]
    fn wanted(&self, _: ThreadId) -> bool {
        let left = self.ticker.load(Relaxed);
        let used_up = left == 0;
        self.ticker.store(if used_up { self.check_interval } else { left - 1 }, Relaxed);
        used_up
    }
    // ANCHOR_END: tick

    fn switches(&self) -> u64 {
        self.switches.load(Relaxed)
    }
}
