//! The pool: typed arguments in, typed results out.

use std::borrow::Borrow;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::task::{self, Task};
use crate::unix::bytes::Bytes;
use crate::unix::drive::{Shared, Wait};
use crate::unix::frame;
use crate::unix::handle::Handle;
use crate::unix::imap::{Ordered, Unordered};
use crate::unix::owner::Owner;
use crate::unix::prepared::Prepared;
use crate::unix::processes::Processes;
use crate::unix::results::Outcome;
use crate::unix::scheduler::source::Source;
use crate::unix::scheduler::worker::Worker;
use crate::unix::scheduler::{Handshake, Options, Scheduler};
use crate::unix::shm::Arena;
use crate::wire::Value;
use crate::{Builder, Error, INITIALIZED, Shutdown, Stats, Stint, Unfinished, WorkerLoss, limits};

/// A pool of worker processes. Clones are the same pool, for other threads. When the last is dropped, the workers are killed,
/// and tasks that have not ended are cancelled; [`shutdown`](Pool::shutdown) waits for them.
#[derive(Clone)]
pub struct Pool(Arc<Owner>);

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
        // Without this, a worker would run the whole program, with a pool of its own, and so on.
        if !INITIALIZED.load(Ordering::Relaxed) {
            return Err(Error::NotInitialized);
        }
        let names: Vec<&'static str> = task::registered().iter().map(|task| task.name()).collect();
        if options.memory.is_some() && !limits::can_limit_memory() {
            return Err(Error::NoMemoryLimit);
        }
        let no_memory = |e: std::io::Error| Error::NoSharedMemory(e.to_string());
        let processes = Processes::new(workers, options.start, options.memory, options.record).map_err(no_memory)?;
        let (memory, size) = processes.memory();
        let arena = Arena::new(memory, size).map_err(no_memory)?;
        let initializer = options.initializer.as_ref().map(|initializer| initializer.encoded()).transpose()?;
        let handshake = Handshake { hello: frame::hello(names.iter().copied()), initializer };
        let scheduler_options = Options {
            most_tasks: options.max_tasks_per_worker.map(|most| most.max(1)),
            most_memory: options.recycle_above,
            records: options.record,
            tells: options.observer.is_some(),
        };
        let when_much_was_read = Arc::clone(&processes.when_much_was_read);
        let scheduler = Scheduler::start(processes, workers, Arc::clone(&arena), handshake, scheduler_options);
        let scheduler = scheduler.map_err(Error::NoWorkerStarts)?;
        let shared = Shared::new(scheduler, arena, options.observer.clone());
        let shared = shared.map_err(|e| Error::NoWorkerStarts(WorkerLoss::NotStarted(e.to_string())))?;
        let submitted = Arc::new(Source::lasting());
        shared.add_source(&submitted);
        let jobs = names.iter().map(|_| OnceLock::new()).collect();
        let (count, calls, is_shut) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
        let shared = Arc::new(shared);
        // A result that is dropped between two calls is given back at once, too.
        let released = Arc::downgrade(&shared);
        let _ = when_much_was_read.set(Box::new(move || _ = released.upgrade().map(|shared| shared.release())));
        Ok(Pool(Arc::new(Owner { shared, submitted, jobs, options, workers, count, calls, is_shut })))
    }

    /// The pids of the living workers; none in a fork of this process. A dead worker is replaced when there is a task for it.
    #[must_use]
    pub fn workers(&self) -> Vec<u32> {
        if self.0.shared.is_of_another_process() {
            return Vec::new();
        }
        self.0.shared.with(|scheduler| scheduler.workers().map(|(_, worker)| worker.pid()).collect())
    }

    /// The recorded runs so far, in the order in which they became known; empty without [`Builder::record`].
    #[must_use]
    pub fn history(&self) -> Vec<Stint> {
        if self.0.shared.is_of_another_process() {
            return Vec::new();
        }
        self.0.shared.with(|scheduler| scheduler.history().to_vec())
    }

    /// What the pool has done so far, and does now.
    #[must_use]
    pub fn stats(&self) -> Stats {
        if self.0.shared.is_of_another_process() {
            return Stats::default();
        }
        self.0.shared.stats()
    }

    /// `len` bytes that `fill` writes, in memory that all workers can read; their initial content is arbitrary.
    pub fn bytes(&self, len: usize, fill: impl FnOnce(&mut [u8])) -> Bytes {
        Bytes::in_arena(&self.0.shared.arena, len, fill)
    }

    /// A task with options of its own, for as many runs as you like.
    pub fn prepare<A, R>(&self, task: &Task<A, R>) -> Prepared<A, R> {
        Prepared::new(&self.0, task)
    }

    /// Runs the task once and waits for its result.
    pub fn call<A, R>(&self, task: &Task<A, R>, argument: &A) -> Outcome<R>
    where
        A: Serialize,
        R: Value + Send + 'static,
    {
        self.prepare(task).call(argument)
    }

    /// Has the task run once, and returns at once.
    ///
    /// ```
    /// use process_pool::{Pool, task};
    /// # process_pool::init_before_main!();
    ///
    /// task! { static SQUARE: fn(u64) -> u64 = |n| n * n; }
    ///
    /// # fn main() -> Result<(), process_pool::Error> {
    /// let pool = Pool::builder().workers(2).build()?;
    /// let (three, four) = (pool.submit(&SQUARE, &3), pool.submit(&SQUARE, &4));
    /// assert_eq!((three.wait(), four.wait()), (Ok(9), Ok(16)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn submit<A, R>(&self, task: &Task<A, R>, argument: &A) -> Handle<R>
    where
        A: Serialize,
        R: Value + Send + 'static,
    {
        self.prepare(task).submit(argument)
    }

    /// Runs the task for every argument; the results are in the order of the arguments. The iterator may be slow: its
    /// arguments are sent as they come.
    pub fn map<A, R, I>(&self, task: &Task<A, R>, arguments: I) -> Vec<Outcome<R>>
    where
        A: Serialize,
        R: Value + Send + 'static,
        I: IntoIterator<Item: Borrow<A>>,
    {
        self.prepare(task).map(arguments)
    }

    /// Runs the task for every argument, and yields each result with the index of its argument as soon as it is there.
    /// Arguments that may have to be waited for are pulled by another thread, some ahead of the workers, and sent as they
    /// come; it ends when its iterator has returned. A consumer that takes no results holds back the iterator.
    pub fn imap_unordered<A, R, I>(&self, task: &Task<A, R>, arguments: I) -> Unordered<R>
    where
        A: Serialize + 'static,
        R: Value + Send + 'static,
        I: IntoIterator<Item: Borrow<A>, IntoIter: Send + 'static>,
    {
        self.prepare(task).imap_unordered(arguments)
    }

    /// Runs the task for every argument, and yields the results in the order of the arguments, each as soon as it and all
    /// before it are there. For the rest like [`imap_unordered`](Self::imap_unordered).
    pub fn imap<A, R, I>(&self, task: &Task<A, R>, arguments: I) -> Ordered<R>
    where
        A: Serialize + 'static,
        R: Value + Send + 'static,
        I: IntoIterator<Item: Borrow<A>, IntoIter: Send + 'static>,
    {
        self.prepare(task).imap(arguments)
    }

    /// Takes no more tasks, waits until those that were taken have ended, at most so long, and kills the workers. If time
    /// runs out, the others are cancelled, and the error tells how many.
    pub fn shutdown(&self, how: Shutdown, limit: Option<Duration>) -> Result<(), Unfinished> {
        let Owner { shared, calls, is_shut, .. } = &*self.0;
        if shared.is_of_another_process() {
            return Ok(());
        }
        is_shut.store(true, Ordering::SeqCst);
        let until = limit.and_then(|limit| Instant::now().checked_add(limit));
        if how == Shutdown::CancelQueued {
            shared.cancel_queued();
        }
        let mut pause = Duration::from_millis(1);
        loop {
            if !shared.with(|scheduler| scheduler.is_busy()) && calls.load(Ordering::SeqCst) == 0 {
                shared.close();
                return Ok(());
            }
            let now = Instant::now();
            if until.is_some_and(|until| now >= until) {
                let left = shared.stats();
                shared.close();
                return Err(Unfinished { tasks: left.queued + left.running });
            }
            let next = now + pause;
            shared.wait(&Never, Some(until.map_or(next, |until| until.min(next))));
            pause = (2 * pause).min(Duration::from_millis(20));
        }
    }
}

/// Waits for time to pass, and helps meanwhile.
struct Never;

impl Wait for Never {
    fn is_over(&self) -> bool {
        false
    }

    fn wake(&self, _: thread::Thread) {}
}

#[allow(dead_code, reason = "a compile-time check")]
fn is_shared_by_threads() {
    fn check<T: Send + Sync + Clone>() {}
    fn send<T: Send>() {}
    check::<Pool>();
    check::<Prepared<u64, u64>>();
    send::<Handle<u64>>();
    send::<Unordered<u64>>();
}
