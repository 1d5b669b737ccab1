//! The public API: typed arguments in, typed results out.

use std::borrow::Borrow;
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use serde::Serialize;

use crate::task::KNOWN;
use crate::task::Task;
use crate::unix::bytes::Bytes;
use crate::unix::engine::Engine;
use crate::unix::feed::Feed;
use crate::unix::frame;
use crate::unix::jobs::{JobSource, One, Outcome, Sorted, Unsorted};
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
        let arena = Arc::clone(self.0.arena());
        let mut jobs = One { argument: Some(argument), arena, outcome: None };
        self.begin(task.name)?;
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
        let feed = match self.begin(task.name).and_then(|()| new_feed()) {
            Ok(feed) => feed,
            Err(failure) => return arguments.map(|_| Err(failure.clone())).collect(),
        };
        let arena = Arc::clone(self.0.arena());
        let outcomes = Vec::with_capacity(arguments.size_hint().0);
        let mut jobs = Sorted { feed: &feed, outcomes, unknown: Failure::Unknown(task.name) };
        thread::scope(|scope| {
            // If the iterator panics, the call is ended, and if a result panics when it is decoded, the iterator is.
            let engine = &mut self.0;
            let supervisor = thread::Builder::new().name("pool-supervisor".to_owned()).spawn_scoped(scope, || {
                let _feed = StopFeed(&feed);
                run(engine, &mut jobs);
                jobs
            });
            match supervisor {
                Ok(supervisor) => {
                    let on_panic = StopFeed(&feed);
                    feed.pull(arguments, encode::<A, _>, &arena);
                    std::mem::forget(on_panic);
                    supervisor.join().unwrap_or_else(|panic| resume_unwind(panic)).outcomes
                }
                Err(e) => {
                    let failure = not_started(&e);
                    arguments.map(|_| Err(failure.clone())).collect()
                }
            }
        })
    }

    /// Runs the task for every argument, and yields each result with the index of its argument as soon as it is there.
    /// Arguments are pulled by another thread, some ahead of the workers, and sent as they come. Dropping the iterator early
    /// kills the workers that still have tasks.
    pub fn imap_unordered<A, R, I>(&mut self, task: &Task<A, R>, arguments: I) -> Unordered<'_, R>
    where
        A: Serialize,
        R: Value,
        I: IntoIterator<Item: Borrow<A>, IntoIter: Send + 'static>,
    {
        // Taken by the feeder, or taken back if there is none.
        let arguments = Arc::new(Mutex::new(Some(arguments.into_iter())));
        let started = self.begin(task.name).and_then(|()| new_feed()).map(Arc::new).and_then(|feed| {
            let (to, arena, from) = (Arc::clone(&feed), Arc::clone(self.0.arena()), Arc::clone(&arguments));
            spawn_feeder(move || {
                let Some(arguments) = take(&from) else { return };
                let pulled = catch_unwind(AssertUnwindSafe(|| to.pull(arguments, encode::<A, _>, &arena)));
                pulled.unwrap_or_else(|panic| to.fail(panic));
            })?;
            Ok(feed)
        });
        let source = match started {
            Ok(feed) => Source::Fed(Unsorted { feed, outcomes: VecDeque::new() }),
            Err(failure) => {
                let failures = take(&arguments).into_iter().flatten().map(move |_| failure.clone());
                Source::Refused(Box::new(failures.enumerate()))
            }
        };
        Unordered { pool: self, source }
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
}

/// Takes what is in there.
fn take<T>(from: &Mutex<Option<T>>) -> Option<T> {
    from.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn not_started(e: &io::Error) -> Failure {
    Failure::NoWorker(WorkerLoss::NotStarted(e.to_string()))
}

fn new_feed() -> Result<Feed, Failure> {
    Feed::new().map_err(|e| not_started(&e))
}

fn spawn_feeder(work: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    let thread = thread::Builder::new().name("pool-arguments".to_owned()).spawn(work);
    thread.map(drop).map_err(|e| not_started(&e))
}

/// Runs a call to its end.
fn run(engine: &mut Engine, jobs: &mut dyn JobSource) {
    // If encoding an argument panics, the call must still be ended.
    let stop = Stop(engine);
    while stop.0.step(jobs) {}
}

/// Stops a feed on every path.
struct StopFeed<'a>(&'a Feed);

impl Drop for StopFeed<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Ends a call on every path. After all tasks are done it changes nothing.
struct Stop<'a>(&'a mut Engine);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.abandon();
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
            && let Some(panic) = jobs.feed.take_panic()
        {
            resume_unwind(panic);
        }
        outcome
    }
}

impl<R> Drop for Unordered<'_, R> {
    fn drop(&mut self) {
        if let Source::Fed(jobs) = &self.source {
            jobs.feed.stop();
        }
        self.pool.0.abandon();
    }
}

impl<R> fmt::Debug for Unordered<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unordered").finish_non_exhaustive()
    }
}
