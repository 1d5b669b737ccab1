//! What the tasks of a batch have in common: what is run, under which limits, and who takes the results.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::Waker;
use std::thread::Thread;
use std::time::Duration;

use crate::Failure;
use crate::limits::{BATCH_TASKS, BATCH_TIME};
use crate::observer::{Event, Observer};

/// What is run, and under which limits. Tasks of one job travel together.
#[derive(Debug, Default)]
pub struct Job {
    /// The index of the task among the registered ones.
    pub task: u64,
    /// How often a run is repeated when its worker died.
    pub retries: u32,
    /// The limit of one run.
    pub timeout: Option<Duration>,
    /// How many bytes a run may allocate.
    pub memory: Option<u64>,
    /// What its failures are called.
    pub label: Option<Arc<str>>,
    /// Whether retries wait until all new tasks have been sent.
    pub retries_last: bool,
    /// How many of them to send at once.
    pub pace: Pace,
}

impl Job {
    /// A failure of one of its tasks.
    pub fn failure(&self, failure: Failure) -> Failure {
        failure.labelled(self.label.as_ref())
    }
}

/// The number of tasks in a batch, from the measured time per task.
#[derive(Debug)]
pub struct Pace {
    /// Estimated run time of a task, in ns; 0 until there are results.
    ns: AtomicU64,
    most: AtomicUsize,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace { ns: AtomicU64::new(0), most: AtomicUsize::new(1) }
    }
}

impl Pace {
    /// How many tasks the next batch may have.
    pub fn most(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }

    /// Whether a task is known to take less than this, in ns.
    pub fn is_below(&self, ns: u64) -> bool {
        (1..ns).contains(&self.ns.load(Ordering::Relaxed))
    }

    /// `done` tasks of a batch of `sent` took `ns` in total.
    pub fn note(&self, sent: usize, done: u64, ns: u64) {
        if done == 0 {
            return;
        }
        let now = (ns / done).max(1);
        // Adapt at once when tasks become slower, gradually when they become faster.
        let before = self.ns.load(Ordering::Relaxed);
        let ns = if before == 0 { now } else { now.max(u64::midpoint(before, now)) };
        self.ns.store(ns, Ordering::Relaxed);
        let wanted = (BATCH_TIME / ns as f64) as usize;
        let most = self.most().max(sent.saturating_mul(2));
        self.most.store(wanted.clamp(1, BATCH_TASKS).min(most), Ordering::Relaxed);
    }
}

/// Who takes the outcomes of tasks. Called while the scheduler is locked: what takes long, or may use the pool, goes
/// into [`After`].
pub trait Sink: Send + Sync {
    /// A task of it is about to be sent. False if it was cancelled: then it has its outcome already.
    fn begin(&self) -> bool {
        true
    }

    /// A task of it that was about to be sent, or was sent and not begun, waits again.
    fn wait_again(&self) {}

    /// The outcome of the task with this index: its encoded value, or a failure. Once for each task.
    fn done(&self, index: usize, outcome: Result<&[u8], Failure>, after: &mut After);

    /// The outcomes of several tasks: calls `give` with what takes one after the other, as [`done`](Self::done) does. A sink
    /// of many tasks locks its state once for all of them, and decodes them with the lock.
    fn all_done(&self, give: &mut dyn FnMut(&mut Done<'_>)) {
        give(&mut |index, outcome, after| self.done(index, outcome, after));
    }
}

/// Takes the outcome of a task, see [`Sink::done`].
pub type Done<'a> = dyn FnMut(usize, Result<&[u8], Failure>, &mut After) + 'a;

/// What is to be done when the scheduler is not locked any more.
#[derive(Default)]
pub struct After(Vec<Action>);

pub enum Action {
    Unpark(Thread),
    Wake(Waker),
    Call(Box<dyn FnOnce() + Send>),
    Tell(Event),
}

impl After {
    pub fn push(&mut self, action: Action) {
        self.0.push(action);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Does it all. What panics has told so by the panic handler; the others are done nevertheless.
    pub fn run(self, observer: &Observer) {
        for action in self.0 {
            let act = || match action {
                Action::Unpark(thread) => thread.unpark(),
                Action::Wake(waker) => waker.wake(),
                Action::Call(call) => call(),
                Action::Tell(event) => observer.tell(&event),
            };
            if let Err(payload) = catch_unwind(AssertUnwindSafe(act)) {
                // It may panic once more when it is dropped.
                std::mem::forget(payload);
            }
        }
    }
}
