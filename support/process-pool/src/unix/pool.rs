//! The public API: typed arguments in, typed results out.

use std::borrow::Borrow;
use std::collections::VecDeque;
use std::fmt;
use std::panic::resume_unwind;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::thread;

use serde::Serialize;

use crate::task::{self, Task};
use crate::unix::bytes::Bytes;
use crate::unix::call::{StopFeed, feed_of, map_alone, run};
use crate::unix::engine::Engine;
use crate::unix::feed::{Fed, Feed};
use crate::unix::frame;
use crate::unix::jobs::{Direct, One, Outcome, Sorted, Supplier, Unsorted, never_waits};
use crate::wire::{self, Value};
use crate::{Builder, Error, Failure, Stint, WorkerLoss, limits};

/// Encodes an argument, whether it is owned or borrowed.
fn encode<A: Serialize, T: Borrow<A>>(argument: &T, out: &mut Vec<u8>) -> Result<(), String> {
    wire::encode::<A>(argument.borrow(), out)
}

/// A pool of worker processes. Dropping it kills them.
pub struct Pool(Engine);

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("workers", &self.workers()).finish_non_exhaustive()
    }
}

impl Pool {
    /// The options of a pool.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn start(options: Builder) -> Result<Pool, Error> {
        let workers = options.workers.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
        if workers == 0 {
            return Err(Error::NoWorkers);
        }
        if !crate::INITIALIZED.load(Ordering::Acquire) {
            // Without this, a worker would run the whole program, with a pool of its own, and so on.
            return Err(Error::NotInitialized);
        }
        if options.memory.is_some() && !limits::can_limit_memory() {
            return Err(Error::NoMemoryLimit);
        }
        Engine::start(options, workers, frame::hello(task::registered().iter().map(|task| task.name()))).map(Pool)
    }

    /// The pids of the living workers. A dead worker is replaced at the next dispatch.
    #[must_use]
    pub fn workers(&self) -> Vec<u32> {
        self.0.pids()
    }

    /// The recorded runs, in the order in which they became known; empty without [`Builder::record`].
    #[must_use]
    pub fn history(&self) -> &[Stint] {
        &self.0.history
    }

    /// `len` bytes that `fill` writes, in memory that all workers can read; their initial content is arbitrary.
    pub fn bytes(&self, len: usize, fill: impl FnOnce(&mut [u8])) -> Bytes {
        Bytes::in_arena(self.0.arena(), len, fill)
    }

    /// Runs the task once and waits for its result.
    pub fn call<A, R>(&mut self, task: &Task<A, R>, argument: &A) -> Outcome<R>
    where
        A: Serialize,
        R: Value,
    {
        let arena = Arc::clone(self.0.arena());
        let mut jobs = One { argument: Some(argument), arena, outcome: None };
        self.begin(task)?;
        run(&mut self.0, &mut jobs);
        jobs.outcome.unwrap_or(Err(Failure::Unknown(task.name)))
    }

    /// Runs the task for every argument; the results are in the order of the arguments. The iterator may be slow: its
    /// arguments are sent as they come.
    pub fn map<A, R, I>(&mut self, task: &Task<A, R>, arguments: I) -> Vec<Outcome<R>>
    where
        A: Serialize,
        R: Value + Send,
        I: IntoIterator<Item: Borrow<A>>,
    {
        let arguments = arguments.into_iter();
        if let Err(failure) = self.begin(task) {
            return arguments.map(|_| Err(failure.clone())).collect();
        }
        let arena = Arc::clone(self.0.arena());
        let least = arguments.size_hint().0;
        let unknown = || Failure::Unknown(task.name);
        let engine = &mut self.0;
        let feed = if never_waits::<I::IntoIter>() { None } else { Feed::new().ok() };
        let Some(feed) = feed else { return map_alone(engine, arguments, encode::<A, _>, unknown()) };
        thread::scope(|scope| {
            let mut jobs =
                Sorted { supplier: Fed::new(&feed), outcomes: Vec::with_capacity(least), unknown: unknown() };
            let (to_supervisor, from_here) = mpsc::sync_channel::<&mut Engine>(1);
            // If the iterator panics, the call is ended, and if a result panics when it is decoded, the iterator is.
            let supervise = || {
                let _feed = StopFeed(&feed);
                from_here.into_iter().for_each(|engine| run(engine, &mut jobs));
                jobs
            };
            let supervisor = thread::Builder::new().name("pool-supervisor".to_owned()).spawn_scoped(scope, supervise);
            let Ok(supervisor) = supervisor else { return map_alone(engine, arguments, encode::<A, _>, unknown()) };
            let on_panic = StopFeed(&feed);
            let _ = to_supervisor.send(engine);
            drop(to_supervisor);
            feed.pull(arguments, encode::<A, _>, &arena);
            std::mem::forget(on_panic);
            supervisor.join().unwrap_or_else(|panic| resume_unwind(panic)).outcomes
        })
    }

    /// Runs the task for every argument, and yields each result with the index of its argument as soon as it is there.
    /// Arguments that may have to be waited for are pulled by another thread, some ahead of the workers, and sent as they
    /// come. Dropping the iterator early kills the workers that still have tasks; the other thread ends when its iterator
    /// has returned.
    pub fn imap_unordered<A, R, I>(&mut self, task: &Task<A, R>, arguments: I) -> Unordered<'_, R>
    where
        A: Serialize,
        R: Value,
        I: IntoIterator<Item: Borrow<A>, IntoIter: Send + 'static>,
    {
        let mut arguments = arguments.into_iter();
        let source = match self.begin(task) {
            Err(failure) => Source::Refused(Box::new(arguments.map(move |_| failure.clone()).enumerate())),
            Ok(()) => {
                let arena = Arc::clone(self.0.arena());
                let supplier: Box<dyn Supplier + Send> = match feed_of(arguments, encode::<A, _>, &arena) {
                    Ok(feed) => Box::new(Fed::new(feed)),
                    Err(taken_back) => {
                        arguments = taken_back;
                        Box::new(Direct { arguments, encode: encode::<A, _>, arena, next: 0 })
                    }
                };
                Source::Fed(Unsorted { supplier, outcomes: VecDeque::new() })
            }
        };
        Unordered { pool: self, source }
    }

    fn begin<A, R>(&mut self, task: &Task<A, R>) -> Result<(), Failure> {
        if self.0.is_of_another_process() {
            return Err(Failure::NoWorker(WorkerLoss::Forked));
        }
        self.0.begin(task::place_of(task).ok_or(Failure::Unknown(task.name))? as u64);
        Ok(())
    }
}

/// The results of [`Pool::imap_unordered`].
pub struct Unordered<'p, R> {
    pool: &'p mut Pool,
    source: Source<R>,
}

enum Source<R> {
    Fed(Unsorted<R>),
    /// Nothing can be run at all: the failure of each argument.
    Refused(Box<dyn Iterator<Item = (usize, Failure)> + Send>),
}

impl<R> Unordered<'_, R> {
    /// The pool that runs the tasks.
    pub fn pool(&self) -> &Pool {
        self.pool
    }
}

impl<R: Value> Iterator for Unordered<'_, R> {
    type Item = (usize, Outcome<R>);

    fn next(&mut self) -> Option<Self::Item> {
        let jobs = match &mut self.source {
            Source::Fed(jobs) => jobs,
            Source::Refused(failures) => return failures.next().map(|(index, failure)| (index, Err(failure))),
        };
        while jobs.outcomes.is_empty() && self.pool.0.step(jobs) {}
        let outcome = jobs.outcomes.pop_front();
        // After the results of all arguments before it, the panic of the iterator continues where it is used.
        if outcome.is_none()
            && let Some(panic) = jobs.supplier.take_panic()
        {
            resume_unwind(panic);
        }
        outcome
    }
}

impl<R> Drop for Unordered<'_, R> {
    fn drop(&mut self) {
        if let Source::Fed(jobs) = &self.source {
            jobs.supplier.stop();
        }
        self.pool.0.abandon();
    }
}

impl<R> fmt::Debug for Unordered<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unordered").finish_non_exhaustive()
    }
}
