//! The shape of `src/sync.rs`, made of a model checker's parts: `crate::checker` is loom or shuttle.

use std::cell::Cell;
use std::time::Duration;

use crate::checker;
pub use crate::checker::sync::MutexGuard;
pub use crate::checker::sync::atomic::{AtomicBool, AtomicU64};

// The shipped one: it is made of the two below.
#[path = "../../src/sync/semaphore.rs"]
mod semaphore;
mod unpoisoned {
    pub use super::{Condvar, Mutex};
}
pub use semaphore::Semaphore;

std::thread_local! {
    /// Counts what happens. All threads of a model run in turn on one thread of the system, so this is their common clock.
    static CLOCK: Cell<u64> = const { Cell::new(0) };
    /// When a timed wait ended last, by its time being up.
    static TIMED_OUT: Cell<u64> = const { Cell::new(0) };
}

checker::thread_local! {
    /// Bit i: whether this thread's next but i timed wait times out.
    static PLAN: Cell<u32> = Cell::new(0);
    /// When this thread last locked a mutex.
    static LOCKED: Cell<u64> = Cell::new(0);
}

fn now() -> u64 {
    CLOCK.set(CLOCK.get() + 1);
    CLOCK.get()
}

/// Sets the plan of the calling model thread.
pub fn plan(timeouts: u32) {
    PLAN.with(|plan| plan.set(timeouts));
}

/// When the calling model thread last locked a mutex. Directly after a take: when that was decided.
pub fn locked() -> u64 {
    LOCKED.with(Cell::get)
}

/// Whether any timed wait has timed out since then.
pub fn timed_out_since(then: u64) -> bool {
    TIMED_OUT.get() > then
}

#[derive(Debug)]
pub struct Mutex<T>(checker::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub fn new(value: T) -> Mutex<T> {
        Mutex(checker::sync::Mutex::new(value))
    }

    pub fn lock(&self) -> MutexGuard<'_, T> {
        let guard = self.0.lock().unwrap();
        LOCKED.with(|locked| locked.set(now()));
        guard
    }
}

#[derive(Debug)]
pub struct Condvar(checker::sync::Condvar);

impl Condvar {
    pub fn new() -> Condvar {
        Condvar(checker::sync::Condvar::new())
    }

    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        self.0.wait(guard).unwrap()
    }

    /// The timed waits of both checkers never time out. A time-out is a wake-up that consumes no signal and may come at any moment: let go
    /// and come back. Which waits time out is a plan of the model; waits beyond the plan block for ever, so that a lost wake-up is
    /// still a deadlock.
    pub fn wait_timeout<'a, T>(
        &self,
        mutex: &'a Mutex<T>,
        guard: MutexGuard<'a, T>,
        _: Duration,
    ) -> (MutexGuard<'a, T>, bool) {
        let plan = PLAN.with(Cell::get);
        PLAN.with(|rest| rest.set(plan >> 1));
        if plan & 1 == 1 {
            drop(guard);
            let guard = mutex.lock();
            TIMED_OUT.set(now());
            return (guard, true);
        }
        (self.wait(guard), false)
    }
}
