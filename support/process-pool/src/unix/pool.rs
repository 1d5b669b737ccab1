//! The public API: typed arguments in, typed results out.

use std::borrow::Borrow;
use std::collections::VecDeque;
use std::fmt;
use std::thread;

use serde::Serialize;

use crate::task::KNOWN;
use crate::task::Task;
use crate::unix::bytes::Bytes;
use crate::unix::engine::{Engine, JobSource};
use crate::unix::frame;
use crate::unix::jobs::{All, One, Outcome, Unsorted, encode};
use crate::wire::Value;
use crate::{Builder, Error, Failure, Stint, WorkerLoss, limits};

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
        let Some(known) = KNOWN.get() else {
            // Without this, a worker would run the whole program, with a pool of its own, and so on.
            return Err(Error::NotInitialized);
        };
        if options.memory.is_some() && !limits::can_limit_memory() {
            return Err(Error::NoMemoryLimit);
        }
        Engine::start(options, workers, frame::hello(known.iter().map(|task| task.name()))).map(Pool)
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
        let mut jobs = One { argument: Some(argument), outcome: None };
        self.run(task.name, &mut jobs)?;
        jobs.outcome.unwrap_or(Err(Failure::Unknown(task.name)))
    }

    /// Runs the task for every argument; the results are in the order of the arguments.
    pub fn map<A, R, I>(&mut self, task: &Task<A, R>, arguments: I) -> Vec<Outcome<R>>
    where
        A: Serialize,
        R: Value,
        I: IntoIterator<Item: Borrow<A>>,
    {
        let arguments = arguments.into_iter();
        let mut jobs = All {
            outcomes: Vec::with_capacity(arguments.size_hint().0),
            unknown: Failure::Unknown(task.name),
            arguments,
            encode: encode::<A, _>,
        };
        if let Err(failure) = self.run(task.name, &mut jobs) {
            return jobs.arguments.map(|_| Err(failure.clone())).collect();
        }
        jobs.outcomes
    }

    /// Runs the task for every argument, and yields each result with the index of its argument as soon as it is there.
    /// Arguments are pulled when workers have room for them. Dropping the iterator early kills the workers that still
    /// have tasks.
    pub fn imap_unordered<A, R, I>(&mut self, task: &Task<A, R>, arguments: I) -> Unordered<'_, I::IntoIter, R>
    where
        A: Serialize,
        R: Value,
        I: IntoIterator<Item: Borrow<A>>,
    {
        let unknown = self.begin(task.name).err();
        let arguments = arguments.into_iter();
        let jobs = Unsorted { arguments, encode: encode::<A, _>, outcomes: VecDeque::new() };
        Unordered { pool: self, jobs, unknown, next: 0 }
    }

    fn begin(&mut self, name: &'static str) -> Result<(), Failure> {
        if self.0.is_of_another_process() {
            return Err(Failure::NoWorker(WorkerLoss::Forked));
        }
        let known = KNOWN.get().into_iter().flat_map(|tasks| tasks.iter());
        let place = known.map(|task| task.name()).position(|known| known == name);
        self.0.begin(place.ok_or(Failure::Unknown(name))? as u64);
        Ok(())
    }

    fn run(&mut self, name: &'static str, jobs: &mut dyn JobSource) -> Result<(), Failure> {
        self.begin(name)?;
        // If encoding an argument panics, the call must still be ended.
        let stop = Stop(&mut self.0);
        while stop.0.step(jobs) {}
        Ok(())
    }
}

/// Ends a call on every path. After all tasks are done it changes nothing.
struct Stop<'a>(&'a mut Engine);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

impl<I: Iterator, R> Unordered<'_, I, R> {
    /// The pool that runs the tasks.
    pub fn pool(&self) -> &Pool {
        self.pool
    }
}

/// The results of [`Pool::imap_unordered`].
pub struct Unordered<'p, I: Iterator, R> {
    pool: &'p mut Pool,
    jobs: Unsorted<I, R>,
    /// Why nothing can be run at all.
    unknown: Option<Failure>,
    /// The index of the next argument, if nothing can be run.
    next: usize,
}

impl<I: Iterator, R: Value> Iterator for Unordered<'_, I, R> {
    type Item = (usize, Outcome<R>);

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(failure) = &self.unknown {
            self.jobs.arguments.next()?;
            self.next += 1;
            return Some((self.next - 1, Err(failure.clone())));
        }
        while self.jobs.outcomes.is_empty() && self.pool.0.step(&mut self.jobs) {}
        self.jobs.outcomes.pop_front()
    }
}

impl<I: Iterator, R> Drop for Unordered<'_, I, R> {
    fn drop(&mut self) {
        self.pool.0.abandon();
    }
}

impl<I: Iterator, R> fmt::Debug for Unordered<'_, I, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unordered").finish_non_exhaustive()
    }
}
