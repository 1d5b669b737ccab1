//! The state of one submitted task, which the scheduler, whoever cancels it and whoever waits for it share.
//! `tests/task_state.rs` verifies this file with loom.
//!
//! A task has one outcome. It comes from the scheduler while the task is sent, or from whoever cancels it while it waits;
//! the stage decides which.

use super::sync::{AtomicU8, Mutex, Ordering, lock};

/// It waits, and can be cancelled by anybody.
const WAITING: u8 = 0;
/// The scheduler has it.
const SENT: u8 = 1;
/// It has its outcome, or is about to.
const ENDED: u8 = 2;

/// The state of a task whose outcome is a `T`; whoever is to be notified of it is an `N`.
#[derive(Debug)]
pub struct TaskState<T, N> {
    stage: AtomicU8,
    result: Mutex<Waiting<T, N>>,
}

#[derive(Debug)]
struct Waiting<T, N> {
    outcome: Option<T>,
    /// Whether it has come, even if it was taken.
    has_come: bool,
    /// Who is to be notified.
    notify: Option<N>,
}

impl<T, N> TaskState<T, N> {
    pub fn new() -> TaskState<T, N> {
        let result = Mutex::new(Waiting { outcome: None, has_come: false, notify: None });
        TaskState { stage: AtomicU8::new(WAITING), result }
    }

    /// Scheduler: it is about to be sent. False if it was cancelled.
    pub fn begin(&self) -> bool {
        self.stage.compare_exchange(WAITING, SENT, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Scheduler: it was sent, and waits again.
    pub fn wait_again(&self) {
        let _ = self.stage.compare_exchange(SENT, WAITING, Ordering::AcqRel, Ordering::Acquire);
    }

    /// Scheduler: its outcome, while it is sent. Returns who is to be notified.
    pub fn finish(&self, outcome: T) -> Option<N> {
        self.stage.store(ENDED, Ordering::Release);
        self.set(outcome)
    }

    /// Anybody: ends it if it waits. Returns who is to be notified; an error if it does not wait.
    pub fn cancel(&self, outcome: T) -> Result<Option<N>, ()> {
        let ended = self.stage.compare_exchange(WAITING, ENDED, Ordering::AcqRel, Ordering::Acquire);
        ended.map(|_| self.set(outcome)).map_err(|_| ())
    }

    fn set(&self, outcome: T) -> Option<N> {
        let mut result = lock(&self.result);
        result.outcome = Some(outcome);
        result.has_come = true;
        result.notify.take()
    }

    /// Whether it has had its outcome, even if that was taken.
    pub fn is_done(&self) -> bool {
        self.stage.load(Ordering::Acquire) == ENDED && lock(&self.result).has_come
    }

    /// Takes the outcome, if it is there.
    pub fn take(&self) -> Option<T> {
        lock(&self.result).outcome.take()
    }

    /// Takes the outcome, if it is there. If not, `notify` gets notified of it, instead of whoever was to be before.
    pub fn take_or_notify(&self, notify: N) -> Option<T> {
        let mut result = lock(&self.result);
        let outcome = result.outcome.take();
        if outcome.is_none() {
            result.notify = Some(notify);
        }
        outcome
    }

    /// Notifies when the outcome is there; at once if it is: then returns `notify`.
    pub fn notify(&self, notify: N) -> Option<N> {
        let mut result = lock(&self.result);
        if result.has_come {
            return Some(notify);
        }
        result.notify = Some(notify);
        None
    }
}
