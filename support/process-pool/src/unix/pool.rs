//! The public API: typed arguments in, typed results out.

use std::borrow::Borrow;
use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::limits::BATCH_TASKS;
use crate::task::{self, Task};
use crate::unix::bytes::Bytes;
use crate::unix::calls::{Call, Ordered, Unordered, drop_on_unwind, map_alone, map_waiting, never_waits};
use crate::unix::drive::{Shared, Wait};
use crate::unix::frame;
use crate::unix::handle::Handle;
use crate::unix::processes::Processes;
use crate::unix::results::{Many, One, Outcome};
use crate::unix::scheduler::batch::Batch;
use crate::unix::scheduler::job::{Job, Pace, Sink};
use crate::unix::scheduler::source::Source;
use crate::unix::scheduler::worker::Worker;
use crate::unix::scheduler::{Handshake, Options, Scheduler};
use crate::unix::shm::Arena;
use crate::unix::transfer::{TransferContext, TransferScope};
use crate::wire::{self, Value};
use crate::{Builder, Error, Failure, INITIALIZED, Shutdown, Stats, Stint, Unfinished, WorkerLoss, limits};

/// A pool of worker processes. Clones are the same pool, for other threads. When the last is dropped, the workers are killed,
/// and tasks that have not ended are cancelled; [`shutdown`](Pool::shutdown) waits for them.
#[derive(Clone)]
pub struct Pool(Arc<Owner>);

/// Kills the workers when the last clone is dropped; handles do not keep them.
struct Owner {
    shared: Arc<Shared>,
    /// Where submitted tasks wait.
    submitted: Arc<Source>,
    /// What submitted tasks have in common that have no options of their own, by the index of the task.
    jobs: Vec<OnceLock<Arc<Job>>>,
    options: Builder,
    workers: usize,
    /// How many tasks were submitted; their indices in the history.
    count: AtomicUsize,
    /// Calls that run now.
    calls: AtomicUsize,
    /// No more tasks are taken.
    is_shut: AtomicBool,
}

impl Drop for Owner {
    fn drop(&mut self) {
        if !self.shared.is_of_another_process() {
            self.shared.close();
        }
    }
}

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
        let index = task.place();
        let job = match index {
            Some(index) => self.job(index),
            None => Arc::default(),
        };
        Prepared {
            pool: self.clone(),
            name: task.name,
            is_known: index.is_some(),
            job,
            ahead: BATCH_TASKS,
            of: PhantomData,
        }
    }

    /// What tasks without options of their own have in common.
    fn job(&self, index: usize) -> Arc<Job> {
        Arc::clone(self.0.jobs[index].get_or_init(|| Arc::new(self.new_job(index))))
    }

    fn new_job(&self, index: usize) -> Job {
        let Builder { retries, timeout, .. } = self.0.options;
        Job { task: index as u64, retries, timeout, ..Job::default() }
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

/// A task with options of its own: see [`Pool::prepare`]. What is not set here is as the pool's [`Builder`] has it.
pub struct Prepared<A, R> {
    pool: Pool,
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
        Prepared { pool: self.pool.clone(), name, is_known, job: Arc::clone(&self.job), ahead, of: PhantomData }
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
        let Owner { shared, is_shut, .. } = &*self.pool.0;
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
    /// See [`Pool::call`].
    pub fn call(&self, argument: &A) -> Outcome<R> {
        if let Some(failure) = self.refusal() {
            return Err(failure);
        }
        let one = Arc::new(One::new(None, None));
        self.put(argument, &one)?;
        let shared = &self.pool.0.shared;
        shared.wait(&*one, None);
        one.state.take().unwrap_or(Err(Failure::Cancelled))
    }

    /// See [`Pool::submit`].
    pub fn submit(&self, argument: &A) -> Handle<R> {
        if let Some(failure) = self.refusal() {
            return Handle::failed(failure);
        }
        let shared = &self.pool.0.shared;
        let one = Arc::new(One::new(Some(Arc::clone(shared)), self.job.label.clone()));
        if let Err(failure) = self.put(argument, &one) {
            return Handle::failed(failure);
        }
        // If workers are busy, they need the next task as soon as they have ended theirs.
        let was_dispatched = shared.nudge();
        shared.see_to_a_driver(!was_dispatched);
        Handle::new(one, Arc::clone(shared))
    }

    /// Encodes the argument and puts it where submitted tasks wait.
    fn put(&self, argument: &A, one: &Arc<One<R>>) -> Result<(), Failure> {
        let Owner { shared, submitted, count, .. } = &*self.pool.0;
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
        let shared = Arc::clone(&self.pool.0.shared);
        shared.add_source(&source);
        let job = self.clone().change(|_| ()).job;
        Call { shared, job, many: Arc::new(Many::new(source, waits_for_all)), workers: self.pool.0.workers }
    }

    /// See [`Pool::map`].
    pub fn map<I: IntoIterator<Item: Borrow<A>>>(&self, arguments: I) -> Vec<Outcome<R>> {
        let arguments = arguments.into_iter();
        if let Some(failure) = self.refusal() {
            return arguments.map(|_| Err(failure.clone())).collect();
        }
        let _counted = Counted::new(&self.pool.0.calls);
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

    /// See [`Pool::imap_unordered`].
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

    /// See [`Pool::imap`].
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

#[allow(dead_code, reason = "a compile-time check")]
fn is_shared_by_threads() {
    fn check<T: Send + Sync + Clone>() {}
    fn send<T: Send>() {}
    check::<Pool>();
    check::<Prepared<u64, u64>>();
    send::<Handle<u64>>();
    send::<Unordered<u64>>();
}
