//! Where outcomes go: to the handle of one task, or to the call that has many.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Waker;
use std::thread::Thread;

use crate::Failure;
use crate::panics;
use crate::unix::completions::Completions;
use crate::unix::drive::{Shared, Wait};
use crate::unix::scheduler::job::{Action, After, Done, Sink};
use crate::unix::scheduler::source::Source;
use crate::unix::sync::{Mutex, lock};
use crate::unix::task_state::TaskState;
use crate::unix::transfer;
use crate::wire::{self, Value};

pub type Outcome<R> = Result<R, Failure>;

/// Decodes a value.
fn read<R: Value>(value: Result<&[u8], Failure>) -> Outcome<R> {
    let value = value?;
    let decoded = catch_unwind(AssertUnwindSafe(|| wire::decode(value)));
    let panicked = |payload| format!("its decoder panicked: {}", panics::message_of(payload));
    decoded.unwrap_or_else(|payload| Err(panicked(payload))).map_err(Failure::Unreadable)
}

/// The outcome of a single task.
pub struct One<R> {
    pub state: TaskState<Outcome<R>, Notify<R>>,
    /// The pool, if it must be told that nobody waits for this task any more.
    attends: Option<Arc<Shared>>,
    /// What its failures are called.
    label: Option<Arc<str>>,
}

/// Who is to be notified of an outcome.
pub enum Notify<R> {
    Thread(Thread),
    Waker(Waker),
    Then(Box<dyn FnOnce(Outcome<R>) + Send>),
    Completions(Arc<Completions>, u64),
}

impl<R> One<R> {
    pub fn new(attends: Option<Arc<Shared>>, label: Option<Arc<str>>) -> One<R> {
        One { state: TaskState::new(), attends, label }
    }

    /// A failure of it that does not come from the scheduler.
    pub fn failure(&self, failure: Failure) -> Failure {
        failure.labelled(self.label.as_ref())
    }

    /// It is about to be taken by the pool: counted before it can end.
    pub fn begin_attention(&self) {
        if let Some(shared) = &self.attends {
            shared.attention.begin();
        }
    }

    /// It has its outcome: what follows from that.
    pub fn ended(&self, notify: Option<Notify<R>>) -> Option<Action>
    where
        R: Send + 'static,
    {
        if let Some(shared) = &self.attends {
            shared.attention.end();
        }
        self.action(notify?)
    }

    /// What follows for whoever is to be notified.
    pub fn action(&self, notify: Notify<R>) -> Option<Action>
    where
        R: Send + 'static,
    {
        match notify {
            Notify::Thread(thread) => Some(Action::Unpark(thread)),
            Notify::Waker(waker) => Some(Action::Wake(waker)),
            Notify::Then(then) => {
                let outcome = self.state.take().unwrap_or(Err(Failure::Cancelled));
                Some(Action::Call(Box::new(move || then(outcome))))
            }
            Notify::Completions(completions, id) => completions.push(id),
        }
    }
}

impl<R: Value + Send + 'static> Sink for One<R> {
    fn begin(&self) -> bool {
        self.state.begin()
    }

    fn wait_again(&self) {
        self.state.wait_again();
    }

    fn done(&self, _: usize, outcome: Result<&[u8], Failure>, after: &mut After) {
        let notify = self.state.finish(read(outcome));
        if let Some(action) = self.ended(notify) {
            after.push(action);
        }
    }
}

impl<R> Wait for One<R> {
    fn is_over(&self) -> bool {
        self.state.is_done()
    }

    fn wake(&self, thread: Thread) {
        if let Some(Notify::Thread(thread)) = self.state.notify(Notify::Thread(thread)) {
            thread.unpark();
        }
    }
}

/// The outcomes of a call with many tasks.
pub struct Many<R> {
    state: Mutex<Outcomes<R>>,
    /// Where its tasks come from.
    pub source: Arc<Source>,
    /// Nobody wants them any more.
    is_dropped: AtomicBool,
    /// Whether results are used one by one, so that those that are not must be counted.
    counts_unused: bool,
}

struct Outcomes<R> {
    /// The outcomes that were not taken, with their indices and sizes.
    ready: VecDeque<(usize, Outcome<R>, usize)>,
    /// The outcomes by their indices, if all are waited for. Those that have not come count as cancelled.
    sorted: Vec<Outcome<R>>,
    /// How many have come.
    come: usize,
    /// How many will come, once that is known.
    all: Option<usize>,
    /// Who waits for the next one, or for the last.
    waiter: Option<Thread>,
    waits_for_all: bool,
}

impl<R> fmt::Debug for Many<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Many").finish_non_exhaustive()
    }
}

impl<R> Many<R> {
    pub fn new(source: Arc<Source>, waits_for_all: bool) -> Many<R> {
        let outcomes =
            Outcomes { ready: VecDeque::new(), sorted: Vec::new(), come: 0, all: None, waiter: None, waits_for_all };
        let is_dropped = AtomicBool::new(false);
        Many { state: Mutex::new(outcomes), source, is_dropped, counts_unused: !waits_for_all }
    }

    /// There are so many tasks, and no more.
    pub fn end(&self, all: usize) {
        self.source.end();
        let mut outcomes = lock(&self.state);
        outcomes.all = Some(all);
        let waiter = outcomes.waiter.take();
        drop(outcomes);
        if let Some(waiter) = waiter {
            waiter.unpark();
        }
    }

    /// Nobody wants results any more.
    pub fn drop_all(&self) {
        self.is_dropped.store(true, Ordering::SeqCst);
        self.source.stop();
        let mut outcomes = lock(&self.state);
        outcomes.ready.clear();
        outcomes.sorted.clear();
    }

    /// Whether nobody wants results any more.
    pub fn is_dropped(&self) -> bool {
        self.is_dropped.load(Ordering::SeqCst)
    }

    /// The outcome of a task that was not even sent.
    pub fn refuse(&self, index: usize, failure: Failure) {
        let waiter = lock(&self.state).put(index, Err(failure), 0);
        if let Some(waiter) = waiter {
            waiter.unpark();
        }
    }

    /// The next outcome that has come, with its index and size; and whether there are more to come.
    pub fn take(&self) -> (Option<(usize, Outcome<R>, usize)>, bool) {
        let mut outcomes = lock(&self.state);
        let next = outcomes.ready.pop_front();
        let more = outcomes.all != Some(outcomes.come) || !outcomes.ready.is_empty();
        (next, more)
    }

    /// All outcomes, in the order of the arguments.
    pub fn take_all(&self) -> Vec<Outcome<R>> {
        std::mem::take(&mut lock(&self.state).sorted)
    }
}

impl<R> Outcomes<R> {
    /// An outcome has come. Returns who is to be woken.
    #[inline]
    fn put(&mut self, index: usize, outcome: Outcome<R>, size: usize) -> Option<Thread> {
        if !self.waits_for_all {
            self.ready.push_back((index, outcome, size));
        } else if let Some(place) = self.sorted.get_mut(index) {
            *place = outcome;
        } else {
            self.sorted.resize_with(index, || Err(Failure::Cancelled));
            self.sorted.push(outcome);
        }
        self.come += 1;
        let is_awaited = !self.waits_for_all || self.all == Some(self.come);
        if is_awaited { self.waiter.take() } else { None }
    }
}

impl<R: Value> Many<R> {
    fn receive(&self, outcomes: &mut Outcomes<R>, index: usize, outcome: Result<&[u8], Failure>, after: &mut After) {
        if self.is_dropped() {
            return;
        }
        let encoded = outcome.as_ref().map_or(0, |value| value.len());
        let outcome = read(outcome);
        let mut size = 0;
        if self.counts_unused {
            size = encoded + transfer::referred_bytes();
            self.source.credit().come(size);
        }
        if let Some(waiter) = outcomes.put(index, outcome, size) {
            after.push(Action::Unpark(waiter));
        }
    }
}

impl<R: Value + Send + 'static> Sink for Many<R> {
    fn begin(&self) -> bool {
        !self.is_dropped()
    }

    fn done(&self, index: usize, outcome: Result<&[u8], Failure>, after: &mut After) {
        self.receive(&mut lock(&self.state), index, outcome, after);
    }

    fn all_done(&self, give: &mut dyn FnMut(&mut Done<'_>)) {
        let mut outcomes = lock(&self.state);
        give(&mut |index, outcome, after| self.receive(&mut outcomes, index, outcome, after));
    }
}

impl<R> Wait for Many<R> {
    fn is_over(&self) -> bool {
        let outcomes = lock(&self.state);
        let is_complete = outcomes.all == Some(outcomes.come);
        is_complete || (!outcomes.waits_for_all && !outcomes.ready.is_empty())
    }

    fn wake(&self, thread: Thread) {
        lock(&self.state).waiter = Some(thread);
    }
}
