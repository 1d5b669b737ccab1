//! The handle of a submitted task.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crate::unix::drive::{Shared, Wait};
use crate::unix::driver;
use crate::unix::results::{Notify, One, Outcome};
use crate::unix::scheduler::Scheduler;
use crate::unix::scheduler::job::{After, Sink};
use crate::wire::Value;
use crate::{Failure, WorkerLoss};

/// A submitted task: its outcome can be waited for, awaited, or given to a function. Whoever waits helps: it receives
/// results for all. A handle that is dropped leaves its task alone.
///
/// It is a [`Future`] of the outcome, for any executor: no thread is needed for each task, one thread of the pool wakes
/// them all.
#[must_use = "the outcome of a task may be a failure"]
pub struct Handle<R> {
    one: Arc<One<R>>,
    /// The pool; `None` if the task could not be submitted.
    shared: Option<Arc<Shared>>,
}

impl<R: Value + Send + 'static> Handle<R> {
    pub(in crate::unix) fn new(one: Arc<One<R>>, shared: Arc<Shared>) -> Handle<R> {
        Handle { one, shared: Some(shared) }
    }

    /// Of a task that has failed already.
    pub(in crate::unix) fn failed(failure: Failure) -> Handle<R> {
        let one = Arc::new(One::new(None, None));
        one.state.finish(Err(failure));
        Handle { one, shared: None }
    }

    /// Waits for the outcome. If that was taken before, this is [`Failure::Cancelled`].
    pub fn wait(self) -> Outcome<R> {
        if let Some(failure) = self.foreign() {
            return Err(failure);
        }
        self.wait_for(&*self.one);
        self.take()
    }

    /// Why nothing can come here: in a fork of its process, its locks must not be touched either.
    pub(in crate::unix) fn foreign(&self) -> Option<Failure> {
        let is_foreign = self.shared.as_ref().is_some_and(|shared| shared.is_of_another_process());
        is_foreign.then(|| self.one.failure(Failure::NoWorker(WorkerLoss::Forked)))
    }

    fn take(&self) -> Outcome<R> {
        self.one.state.take().unwrap_or_else(|| Err(self.one.failure(Failure::Cancelled)))
    }

    /// Waits for the outcome, at most so long. `None` if it has not come, or was taken.
    pub fn wait_timeout(&mut self, limit: Duration) -> Option<Outcome<R>> {
        if let Some(failure) = self.foreign() {
            return Some(Err(failure));
        }
        if let Some(shared) = &self.shared {
            shared.wait(&*self.one, Instant::now().checked_add(limit));
        }
        self.one.state.take()
    }

    /// The outcome, if it has come and was not taken.
    pub fn try_wait(&mut self) -> Option<Outcome<R>> {
        if let Some(failure) = self.foreign() {
            return Some(Err(failure));
        }
        if let Some(shared) = &self.shared
            && !self.one.state.is_done()
        {
            // If nobody leads, nobody has looked.
            shared.wait(&*self.one, Some(Instant::now()));
        }
        self.one.state.take()
    }

    /// Whether the task has ended, as far as is known.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.foreign().is_some() || self.one.state.is_done()
    }

    /// Cancels the task if it has not begun: it ends as [`Failure::Cancelled`]. False if it runs or has ended; it goes on then.
    pub fn cancel(&self) -> bool {
        self.cancel_or_kill(false)
    }

    /// The same; and if it runs, its worker is killed and replaced. False if it has ended. (If it ends in this moment, it
    /// may have its outcome nevertheless.)
    pub fn kill(&self) -> bool {
        self.cancel_or_kill(true)
    }

    fn cancel_or_kill(&self, kills: bool) -> bool {
        let Some(shared) = self.shared.as_ref().filter(|shared| !shared.is_of_another_process()) else { return false };
        if let Ok(notify) = self.one.state.cancel(Err(self.one.failure(Failure::Cancelled))) {
            shared.with(Scheduler::count_cancelled);
            let mut after = After::default();
            if let Some(action) = self.one.ended(notify) {
                after.push(action);
            }
            shared.ring();
            after.run(&shared.observer);
            return true;
        }
        if self.one.state.is_done() {
            return false;
        }
        let sink: Arc<dyn Sink> = self.one.clone();
        shared.with(|scheduler| scheduler.cancel(&sink, kills))
    }

    /// Has `then` called with the outcome: by a thread of the pool or one that waits for results, so it should be short; it
    /// may submit more tasks. At once if the outcome is there.
    pub fn then(self, then: impl FnOnce(Outcome<R>) + Send + 'static) {
        match self.foreign() {
            Some(failure) => then(Err(failure)),
            None => _ = self.notify(Notify::Then(Box::new(then))),
        }
    }

    /// Notifies of the outcome, maybe at once. False if nobody but a thread that waits can bring it about.
    pub(in crate::unix) fn notify(&self, notify: Notify<R>) -> bool {
        if let Some(notify) = self.one.state.notify(notify) {
            let mut after = After::default();
            if let Some(action) = self.one.action(notify) {
                after.push(action);
            }
            after.run(&crate::observer::Observer::default());
            return true;
        }
        self.shared.as_ref().is_none_or(|shared| driver::wake(shared, true))
    }

    /// Whether only this thread can bring the outcome about: it is in a callback of the leader.
    pub(in crate::unix) fn is_led_here(&self) -> bool {
        self.shared.as_ref().is_some_and(|shared| shared.is_led_by_me())
    }

    /// Waits for something that has to do with this task.
    pub(in crate::unix) fn wait_for(&self, wait: &impl Wait) {
        if let Some(shared) = &self.shared {
            shared.wait(wait, None);
        }
    }
}

impl<R: Value + Send + 'static> Future for Handle<R> {
    type Output = Outcome<R>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome<R>> {
        if let Some(failure) = self.foreign() {
            return Poll::Ready(Err(failure));
        }
        if let Some(outcome) = self.one.state.take_or_notify(Notify::Waker(context.waker().clone())) {
            return Poll::Ready(outcome);
        }
        if self.one.state.is_done() {
            return Poll::Ready(self.take());
        }
        let Some(shared) = &self.shared else { return Poll::Ready(self.take()) };
        if !shared.is_led_by_me() && driver::wake(shared, true) {
            return Poll::Pending;
        }
        // The system grants no thread that could wake this task, or this is a callback of the only one that could: it is
        // waited for here.
        shared.wait(&*self.one, None);
        Poll::Ready(self.take())
    }
}

impl<R> fmt::Debug for Handle<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("is_done", &self.one.state.is_done()).finish_non_exhaustive()
    }
}
