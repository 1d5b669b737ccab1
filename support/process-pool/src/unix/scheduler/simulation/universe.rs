//! What the models share: the clock, the numbers, the tasks with what they are to do, and what was seen.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::random::Random;
use crate::Failure;
use crate::unix::results::{Many, One};
use crate::unix::scheduler::job::{After, Done, Sink};
use crate::wire;

/// How often each kind of event happened.
#[derive(Default)]
pub struct Seen(pub BTreeMap<&'static str, u64>);

impl Seen {
    pub fn note(&mut self, event: &'static str) {
        self.add(event, 1);
    }

    pub fn add(&mut self, event: &'static str, times: u64) {
        *self.0.entry(event).or_default() += times;
    }
}

/// How much goes wrong with workers apart from their tasks, in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Troubles {
    /// A start fails.
    pub start: usize,
    /// A worker does something else than to say hello.
    pub hello: usize,
    /// An initializer fails.
    pub initializer: usize,
    /// A worker dies, stops or falls silent when it has read a batch.
    pub batch: usize,
    /// It dies while it is idle.
    pub idle: usize,
}

/// All that there is besides the scheduler; worker processes are modelled by `P`.
pub struct Universe<P> {
    pub now: Duration,
    pub random: Random,
    pub troubles: Troubles,
    /// Whether each step is printed.
    pub tells: bool,
    pub has_initializer: bool,
    /// Whether the leader may be late: then no limit is kept exactly.
    pub is_busy: bool,
    pub most_tasks: Option<u64>,
    pub hello: Vec<u8>,
    pub processes: Vec<Rc<RefCell<P>>>,
    pub tasks: Vec<Task>,
    pub seen: Seen,
}

/// What a task does in one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Value,
    Panic,
    /// Its value cannot be encoded.
    Refuse,
    /// It kills its worker.
    Exit,
    /// A panic kills its worker.
    Abort,
    /// It never ends.
    Hang,
    /// It stops its worker (`SIGSTOP`).
    Stop,
    /// Its worker dies when it has ended, with no result sent.
    DieAfter,
    /// The same with a part of the frame sent.
    DieInFrame,
    /// Its worker sends what is no frame.
    Garbage,
    /// Its worker never sends the result.
    Withhold,
}

/// One task, and what has become of it.
pub struct Task {
    /// What its runs do, and how long each takes; the last is what all further ones do.
    pub acts: Vec<(Act, Duration)>,
    pub retries: u32,
    pub limit: Option<Duration>,
    pub label: bool,
    pub sink: Arc<Checked>,
    pub index: usize,
    pub runs: u32,
    pub began: Duration,
    /// How its runs ended.
    pub ended: Vec<Act>,
    /// How long its last run had lasted when its worker was killed by the pool.
    pub killed_after: Option<Duration>,
    /// Somebody wanted it to be cancelled, or killed.
    pub is_cancelled: bool,
    /// Its worker was killed for it.
    pub is_killed: bool,
    /// Its whole result is in the pipe.
    pub is_written: bool,
}

impl Task {
    pub fn has_ended(&self) -> bool {
        self.sink.has_outcome(self.index) || self.sink.is_dropped()
    }
}

impl<P> Universe<P> {
    /// A worker begins a task: what it does.
    pub fn begin(&mut self, n: usize) -> (Act, Duration) {
        let now = self.now;
        let task = &mut self.tasks[n];
        assert!(!task.sink.has_outcome(task.index), "task {n} began although it had an outcome");
        assert!(!task.sink.is_gone(), "task {n} began although its call had been dropped");
        assert!(!task.is_killed, "task {n} began again although it had been killed");
        assert!(!task.is_written, "task {n} began again although its worker had written its result");
        task.runs += 1;
        assert!(task.runs <= task.retries + 1, "task {n} has {} retries and ran {} times", task.retries, task.runs);
        task.began = now;
        self.seen.add("runs that were repeated", u64::from(task.runs > 1));
        task.acts[(task.runs as usize - 1).min(task.acts.len() - 1)]
    }

    /// A run is not cut by its limit earlier than that, nor much later.
    pub fn check_limit(&self, n: usize) {
        let task = &self.tasks[n];
        let lasted = self.now - task.began;
        if let Some(limit) = task.limit.filter(|_| !self.is_busy) {
            // A look may be so late that sees it begin, and another one that ends it.
            let latest = limit + limit / 4 + Duration::from_millis(3);
            assert!(lasted <= latest, "task {n} with a limit of {limit:?} ran {lasted:?}");
        }
    }
}

/// A sink that sees to it that each task ends once.
pub struct Checked {
    pub inner: Inner,
    outcomes: Mutex<BTreeMap<usize, Result<u64, Failure>>>,
    /// The only task was cancelled before it began.
    is_cancelled: AtomicBool,
    /// The call was dropped, and the scheduler knows.
    is_gone: AtomicBool,
}

pub enum Inner {
    One(One<u64>),
    Many(Arc<Many<u64>>),
}

impl Checked {
    pub fn new(inner: Inner) -> Arc<Checked> {
        Arc::new(Checked {
            inner,
            outcomes: Mutex::default(),
            is_cancelled: AtomicBool::new(false),
            is_gone: AtomicBool::new(false),
        })
    }

    pub fn outcome(&self, index: usize) -> Option<Result<u64, Failure>> {
        self.outcomes.lock().unwrap().get(&index).cloned()
    }

    pub fn outcomes(&self) -> usize {
        self.outcomes.lock().unwrap().len()
    }

    pub fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }

    pub fn has_outcome(&self, index: usize) -> bool {
        self.is_cancelled() || self.outcomes.lock().unwrap().contains_key(&index)
    }

    pub fn is_gone(&self) -> bool {
        self.is_gone.load(Ordering::Relaxed)
    }

    pub fn set_gone(&self) {
        self.is_gone.store(true, Ordering::Relaxed);
    }

    pub fn is_dropped(&self) -> bool {
        matches!(&self.inner, Inner::Many(many) if many.is_dropped())
    }

    /// As a handle does it: true if the task has not begun.
    pub fn cancel(&self) -> bool {
        let Inner::One(one) = &self.inner else { return false };
        let is_cancelled = one.state.cancel(Err(Failure::Cancelled)).is_ok();
        if is_cancelled {
            let ended_before = self.is_cancelled.swap(true, Ordering::Relaxed) || self.outcomes() > 0;
            assert!(!ended_before, "a task was cancelled that had ended");
        }
        is_cancelled
    }

    fn sink(&self) -> &dyn Sink {
        match &self.inner {
            Inner::One(one) => one,
            Inner::Many(many) => &**many,
        }
    }
}

impl Sink for Checked {
    fn begin(&self) -> bool {
        self.sink().begin()
    }

    fn wait_again(&self) {
        self.sink().wait_again();
    }

    fn done(&self, index: usize, outcome: Result<&[u8], Failure>, after: &mut After) {
        self.check(index, &outcome);
        self.sink().done(index, outcome, after);
    }

    fn all_done(&self, give: &mut dyn FnMut(&mut Done<'_>)) {
        self.sink().all_done(&mut |done| {
            give(&mut |index, outcome, after| {
                self.check(index, &outcome);
                done(index, outcome, after);
            });
        });
    }
}

impl Checked {
    /// Each task gets one outcome.
    fn check(&self, index: usize, outcome: &Result<&[u8], Failure>) {
        let decoded = outcome.clone().map(|value| wire::decode(value).expect("models encode numbers"));
        assert!(!self.is_cancelled(), "a task got an outcome after it was cancelled: {decoded:?}");
        let before = self.outcomes.lock().unwrap().insert(index, decoded.clone());
        assert!(before.is_none(), "a task got two outcomes: {before:?}, {decoded:?}");
    }
}
