//! A task with options of its own, and all ways to run it.

use std::borrow::Borrow;
use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde::Serialize;

use crate::limits::BATCH_TASKS;
use crate::task::Task;
use crate::unix::arguments::never_waits;
use crate::unix::call::{Call, drop_on_unwind};
use crate::unix::driver;
use crate::unix::handle::Handle;
use crate::unix::imap::{Ordered, Unordered};
use crate::unix::map::{map_alone, map_waiting};
use crate::unix::owner::Owner;
use crate::unix::results::{Many, One, Outcome};
use crate::unix::scheduler::batch::Batch;
use crate::unix::scheduler::job::{Job, Pace, Sink};
use crate::unix::scheduler::source::Source;
use crate::unix::transfer::{TransferContext, TransferScope};
use crate::wire::{self, Value};
use crate::{Failure, WorkerLoss};

/// A task with options of its own: see [`Pool::prepare`](crate::Pool::prepare). What is not set here is as the pool's [`Builder`](crate::Builder) has it.
pub struct Prepared<A, R> {
    owner: Arc<Owner>,
    name: &'static str,
    is_known: bool,
    job: Arc<Job>,
    /// How many tasks an `imap` may be ahead of the results that were taken.
    ahead: usize,
    of: PhantomData<fn(A) -> R>,
}

impl<A, R> Clone for Prepared<A, R> {
    fn clone(&self) -> Prepared<A, R> {
        let Prepared { name, is_known, ahead, .. } = *self;
        Prepared { owner: Arc::clone(&self.owner), name, is_known, job: Arc::clone(&self.job), ahead, of: PhantomData }
    }
}

impl<A, R> fmt::Debug for Prepared<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared").field("task", &self.name).field("job", &self.job).finish_non_exhaustive()
    }
}

thread_local! {
    /// Where this thread encodes the argument of a submitted task.
    static SCRATCH: RefCell<Batch> = RefCell::new(Batch::default());
}

impl<A, R> Prepared<A, R> {
    pub(in crate::unix) fn new(owner: &Arc<Owner>, task: &Task<A, R>) -> Prepared<A, R> {
        let index = task.place();
        let job = index.map_or_else(Arc::default, |index| owner.job(index));
        let (owner, name, is_known) = (Arc::clone(owner), task.name, index.is_some());
        Prepared { owner, name, is_known, job, ahead: BATCH_TASKS, of: PhantomData }
    }

    fn change(self, change: impl FnOnce(&mut Job)) -> Prepared<A, R> {
        let Job { task, retries, timeout, memory, ref label, retries_last, .. } = *self.job;
        let mut job = Job { task, retries, timeout, memory, label: label.clone(), retries_last, pace: Pace::default() };
        change(&mut job);
        Prepared { job: Arc::new(job), ..self }
    }

    /// The time limit for one run. A worker that exceeds it is killed.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Prepared<A, R> {
        self.change(|job| job.timeout = Some(timeout))
    }

    /// How often a run is repeated when its worker died. Use 0 for tasks that must not run twice.
    #[must_use]
    pub fn retries(self, retries: u32) -> Prepared<A, R> {
        self.change(|job| job.retries = retries)
    }

    /// How many bytes a run may allocate; the pool's own limit holds, too. One that needs more aborts, and its worker dies.
    /// Linux only; elsewhere it has no effect.
    #[must_use]
    pub fn memory(self, bytes: u64) -> Prepared<A, R> {
        self.change(|job| job.memory = Some(bytes))
    }

    /// What failures of these tasks are called: they come as [`Failure::Labelled`].
    #[must_use]
    pub fn label(self, label: impl Into<Arc<str>>) -> Prepared<A, R> {
        let label = label.into();
        self.change(|job| job.label = Some(label))
    }

    /// Runs that are repeated wait until all new tasks have been sent. Without this they go first.
    #[must_use]
    pub fn retries_last(self) -> Prepared<A, R> {
        self.change(|job| job.retries_last = true)
    }

    /// How many tasks an `imap` may be ahead of the results that were taken. Without this, 32,768, or as many as have results
    /// of 16 MiB: see [`limits`](crate::limits).
    #[must_use]
    pub fn ahead(self, tasks: usize) -> Prepared<A, R> {
        Prepared { ahead: tasks, ..self }
    }

    /// Why nothing can be run.
    fn refusal(&self) -> Option<Failure> {
        let Owner { shared, is_shut, .. } = &*self.owner;
        let failure = if shared.is_of_another_process() {
            Failure::NoWorker(WorkerLoss::Forked)
        } else if !self.is_known {
            Failure::Unknown(self.name)
        } else if is_shut.load(Ordering::SeqCst) {
            Failure::NoWorker(WorkerLoss::ShutDown)
        } else {
            return None;
        };
        Some(self.job.failure(failure))
    }
}

impl<A: Serialize, R: Value + Send + 'static> Prepared<A, R> {
    /// See [`Pool::call`](crate::Pool::call).
    pub fn call(&self, argument: &A) -> Outcome<R> {
        if let Some(failure) = self.refusal() {
            return Err(failure);
        }
        let one = Arc::new(One::new(None, None));
        self.put(argument, &one)?;
        let shared = &self.owner.shared;
        shared.wait(&*one, None);
        one.state.take().unwrap_or(Err(Failure::Cancelled))
    }

    /// See [`Pool::submit`](crate::Pool::submit).
    pub fn submit(&self, argument: &A) -> Handle<R> {
        if let Some(failure) = self.refusal() {
            return Handle::failed(failure);
        }
        let shared = &self.owner.shared;
        let one = Arc::new(One::new(Some(Arc::clone(shared)), self.job.label.clone()));
        if let Err(failure) = self.put(argument, &one) {
            return Handle::failed(failure);
        }
        // If workers are busy, they need the next task as soon as they have ended theirs.
        let was_dispatched = shared.nudge();
        driver::wake(shared, !was_dispatched);
        Handle::new(one, Arc::clone(shared))
    }

    /// Encodes the argument and puts it where submitted tasks wait.
    fn put(&self, argument: &A, one: &Arc<One<R>>) -> Result<(), Failure> {
        let Owner { shared, submitted, count, .. } = &*self.owner;
        let sink: Arc<dyn Sink> = one.clone();
        let index = count.fetch_add(1, Ordering::Relaxed);
        // An argument may use a pool while it is serialized.
        let mut batch = SCRATCH.with(|scratch| std::mem::take(&mut *scratch.borrow_mut()));
        let transfer = TransferScope::new(TransferContext::encode(&shared.arena));
        let encode = |out: &mut Vec<u8>| wire::encode(argument, out);
        let encoded = batch.encode((&self.job, &sink, index), &shared.arena, &transfer, encode);
        drop(transfer);
        if encoded.is_ok() {
            one.begin_attention();
            submitted.add(&mut batch, None);
        }
        SCRATCH.with(|scratch| scratch.replace(batch));
        encoded.map_err(|why| self.job.failure(Failure::Unreadable(why)))
    }

    /// A call of its own, with its own source and pace.
    fn begin(&self, waits_for_all: bool) -> Call<R> {
        let source = Arc::new(if waits_for_all { Source::default() } else { Source::ahead(self.ahead) });
        let shared = Arc::clone(&self.owner.shared);
        shared.add_source(&source);
        let job = self.clone().change(|_| ()).job;
        Call { shared, job, many: Arc::new(Many::new(source, waits_for_all)), workers: self.owner.workers }
    }

    /// See [`Pool::map`](crate::Pool::map).
    pub fn map<I: IntoIterator<Item: Borrow<A>>>(&self, arguments: I) -> Vec<Outcome<R>> {
        let arguments = arguments.into_iter();
        if let Some(failure) = self.refusal() {
            return arguments.map(|_| Err(failure.clone())).collect();
        }
        let _counted = Counted::new(&self.owner.calls);
        let call = self.begin(true);
        drop_on_unwind(&call, || {
            if never_waits::<I::IntoIter>() {
                map_alone::<A, R>(&call, arguments);
            } else {
                map_waiting::<A, R>(&call, arguments);
            }
        });
        call.many.take_all()
    }

    /// See [`Pool::imap_unordered`](crate::Pool::imap_unordered).
    pub fn imap_unordered<I>(&self, arguments: I) -> Unordered<R>
    where
        A: 'static,
        I: IntoIterator<Item: Borrow<A>, IntoIter: Send + 'static>,
    {
        match self.refusal() {
            Some(failure) => Unordered::refused(arguments.into_iter(), failure),
            None => Unordered::new::<A, _>(self.begin(false), arguments.into_iter()),
        }
    }

    /// See [`Pool::imap`](crate::Pool::imap).
    pub fn imap<I>(&self, arguments: I) -> Ordered<R>
    where
        A: 'static,
        I: IntoIterator<Item: Borrow<A>, IntoIter: Send + 'static>,
    {
        Ordered::new(self.imap_unordered(arguments))
    }
}

/// Counts a call while it runs.
struct Counted<'a>(&'a AtomicUsize);

impl Counted<'_> {
    fn new(count: &AtomicUsize) -> Counted<'_> {
        count.fetch_add(1, Ordering::SeqCst);
        Counted(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
