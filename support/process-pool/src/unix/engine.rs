//! The parent's side of the pool: the main loop and the state of the pool. All of it belongs to one thread; there is no
//! lock.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::builder::Builder;
use crate::error::Error;
use crate::failure::{End, Failure, WorkerLoss};
use crate::history::Stint;
use crate::limits::MAX_UNEXPLAINED_DEATHS;
use crate::observer::Event;
use crate::unix::batch::{Batch, Retry};
use crate::unix::forkserver::Lease;
use crate::unix::jobs::{JobSource, Supply};
use crate::unix::shm::{self, Arena};
use crate::unix::start::SpawnRequest;
use crate::unix::worker_handle::{PendingWorker, WorkerHandle};

/// The pause after a failed start, doubled with each.
const FIRST_PAUSE: Duration = Duration::from_millis(4);

/// A worker slot.
pub(super) struct Slot {
    pub(super) worker: Option<Box<WorkerHandle>>,
    /// No replacement is started before this moment (back-off).
    pub(super) not_before: Instant,
    /// Upper bound on the tasks of the next batch.
    pub(super) batch: usize,
}

pub struct Engine {
    pub(super) options: Builder,
    pub(super) arena: Arc<Arena>,
    pub(super) memory: (OwnedFd, usize),
    pub(super) slots: Vec<Slot>,
    /// Tasks to dispatch again, before any new one.
    pub(super) retry_queue: VecDeque<Retry>,
    /// The index of this call's task among the registered ones.
    pub(super) task: u64,
    /// Whether the job source has no more arguments.
    pub(super) exhausted: bool,
    /// Whether the job source had no more arguments when it was last asked.
    pub(super) starved: bool,
    /// Estimated run time of a task, in ns; `None` until there are results.
    pub(super) ns_per_task: Option<f64>,
    /// Consecutive deaths with no culprit task and no result between.
    pub(super) unexplained_deaths: u32,
    /// How the last worker ended, or why it could not be started.
    pub(super) last_loss: WorkerLoss,
    /// How often a place could not be filled since all were filled.
    failed_starts: u32,
    /// Batches whose buffers can be reused.
    pub(super) spare: Vec<Batch>,
    /// Tasks whose argument does not fit into a frame.
    pub(super) too_long: Vec<usize>,
    pub(super) hello: Vec<u8>,
    pub(super) history: Vec<Stint>,
    pub(super) last_check: Instant,
    /// The process that started the workers.
    process: u32,
    /// Keeps the fork server alive while workers may have to be started.
    _forkserver: Lease,
}

impl Engine {
    pub fn start(options: Builder, workers: usize, hello: Vec<u8>) -> Result<Engine, Error> {
        let no_memory = |e: io::Error| Error::NoSharedMemory(e.to_string());
        let forkserver = Lease::new();
        // Request all workers first: they start while the shared memory is set up.
        let requests: Vec<_> = (0..workers).map(|_| SpawnRequest::new(options.start)).collect();
        let memory = shm::anonymous().map_err(no_memory)?;
        let arena = Arena::new(memory.0.as_fd(), memory.1).map_err(no_memory)?;
        let now = Instant::now();
        let slot = || Slot { worker: None, not_before: now, batch: 1 };
        let mut engine = Engine {
            arena,
            memory,
            slots: (0..workers).map(|_| slot()).collect(),
            retry_queue: VecDeque::new(),
            task: 0,
            exhausted: true,
            starved: false,
            ns_per_task: None,
            unexplained_deaths: 0,
            last_loss: WorkerLoss::Ended(End::Unknown),
            failed_starts: 0,
            spare: Vec::new(),
            too_long: Vec::new(),
            hello,
            history: Vec::new(),
            last_check: now,
            process: std::process::id(),
            _forkserver: forkserver,
            options,
        };
        // Send all setups before waiting for the first worker: one after the other took half as long again with two.
        let pending: Vec<_> = requests.into_iter().map(|request| engine.set_up(request)).collect();
        // Those that have come first: only with all of them it is known whether one lives.
        let mut failed = Vec::new();
        for (n, worker) in pending.into_iter().enumerate() {
            if worker.is_ok() { engine.install(n, worker) } else { failed.push((n, worker)) }
        }
        failed.into_iter().for_each(|(n, worker)| engine.install(n, worker));
        // If no worker at all can be started, report the reason now.
        if engine.slots.iter().all(|slot| slot.worker.is_none()) {
            return Err(Error::NoWorkerStarts(engine.last_loss));
        }
        Ok(engine)
    }

    pub fn arena(&self) -> &Arc<Arena> {
        &self.arena
    }

    /// Whether this is the copy that a forked process has.
    pub fn is_of_another_process(&self) -> bool {
        self.process != std::process::id()
    }

    pub fn pids(&self) -> Vec<u32> {
        self.workers().map(WorkerHandle::pid).collect()
    }

    /// Begins a call of the registered task with this index.
    pub fn begin(&mut self, task: u64) {
        self.task = task;
        (self.exhausted, self.ns_per_task, self.unexplained_deaths) = (false, None, 0);
        self.slots.iter_mut().for_each(|slot| slot.batch = 1);
    }

    /// Ends a call, maybe early: kills the workers that still have tasks.
    pub fn abandon(&mut self) {
        self.exhausted = true;
        let has_more = |worker: &WorkerHandle| !worker.flight.is_empty() || worker.memory.read_bytes() > 0;
        let is_clean = self.retry_queue.is_empty() && !self.workers().any(has_more);
        if is_clean || self.is_of_another_process() {
            return;
        }
        self.release();
        self.retry_queue.clear();
        for slot in &mut self.slots {
            if slot.worker.as_ref().is_some_and(|worker| !worker.flight.is_empty()) {
                slot.worker = None;
            }
        }
    }

    /// Dispatches tasks, waits for an event, and delivers results. False when all tasks are done.
    pub fn step(&mut self, jobs: &mut dyn JobSource) -> bool {
        self.dispatch(jobs);
        if self.is_done() || jobs.is_given_up() {
            return false;
        }
        for index in std::mem::take(&mut self.too_long) {
            jobs.done(index, Err(Failure::Unreadable("too long for a frame, and no shared memory left".to_owned())));
        }
        if self.is_hopeless() {
            self.give_up(jobs);
            if self.in_flight() == 0 && !self.starved {
                return true;
            }
        }
        self.wait(jobs);
        // After the last result there is nothing left to supervise.
        if self.is_done() {
            return false;
        }
        self.check_workers(jobs);
        true
    }

    fn is_done(&self) -> bool {
        !self.has_work() && self.too_long.is_empty() && self.in_flight() == 0
    }

    pub(super) fn in_flight(&self) -> usize {
        self.workers().map(WorkerHandle::load).sum()
    }

    pub(super) fn workers(&self) -> impl Iterator<Item = &WorkerHandle> {
        self.slots.iter().filter_map(|slot| slot.worker.as_deref())
    }

    /// Whether tasks remain to be dispatched. (The source may still turn out to be empty.)
    pub(super) fn has_work(&self) -> bool {
        !self.retry_queue.is_empty() || !self.exhausted
    }

    /// Starts a worker in this slot, unless its back-off has not passed.
    pub(super) fn start_worker(&mut self, n: usize, now: Instant) {
        if now < self.slots[n].not_before {
            return;
        }
        let worker = self.set_up(SpawnRequest::new(self.options.start));
        self.install(n, worker);
    }

    fn set_up(&self, request: io::Result<SpawnRequest>) -> io::Result<PendingWorker> {
        let memory = (self.memory.0.as_fd(), self.memory.1);
        PendingWorker::new(request?, memory, self.options.memory, self.options.record)
    }

    fn install(&mut self, n: usize, worker: io::Result<PendingWorker>) {
        match worker.and_then(|worker| worker.wait(self.memory.0.as_fd())) {
            Ok(worker) => self.slots[n].worker = Some(Box::new(worker)),
            Err(e) => self.record_failed_start(n, &e),
        }
        if self.slots.iter().all(|slot| slot.worker.is_some()) {
            self.failed_starts = 0;
        }
    }

    /// A place that cannot be filled is no death: as long as a worker lives, the work goes on. What is missing is told once.
    fn record_failed_start(&mut self, n: usize, why: &io::Error) {
        let loss = WorkerLoss::NotStarted(why.to_string());
        let lives = self.workers().next().is_some();
        if !lives {
            self.record_unexplained_death(n, loss);
        } else {
            self.slots[n].not_before = Instant::now() + FIRST_PAUSE * (1 << self.failed_starts.min(8));
        }
        if self.failed_starts == 0 && lives {
            self.options.observer.tell(&Event::WorkerMissing { why: why.to_string() });
        }
        self.failed_starts += u32::from(lives);
    }

    /// What was started does not begin with `init`.
    pub(super) fn record_not_a_worker(&mut self) {
        self.unexplained_deaths = MAX_UNEXPLAINED_DEATHS;
        self.last_loss = WorkerLoss::NotAWorker;
    }

    /// Whether no worker can be kept alive.
    pub(super) fn is_hopeless(&self) -> bool {
        self.unexplained_deaths >= MAX_UNEXPLAINED_DEATHS && !self.workers().any(|worker| worker.ready)
    }

    /// Counts a death that no task explains, and doubles the back-off of the slot.
    pub(super) fn record_unexplained_death(&mut self, n: usize, loss: WorkerLoss) {
        self.unexplained_deaths += 1;
        self.last_loss = loss;
        let doublings = self.unexplained_deaths.saturating_sub(3).min(7);
        let pause = if self.unexplained_deaths > 2 { Duration::from_millis(1 << doublings) } else { Duration::ZERO };
        self.slots[n].not_before = Instant::now() + pause;
    }

    /// No worker survives: fail the remaining tasks, 256 per step, since the iterator may be infinite.
    fn give_up(&mut self, jobs: &mut dyn JobSource) {
        let why = Failure::NoWorker(self.last_loss.clone());
        for retry in self.retry_queue.drain(..) {
            jobs.done(retry.index, Err(why.clone()));
        }
        if self.exhausted {
            return;
        }
        let mut refused = Batch::default();
        let supply = jobs.take(256, &mut refused);
        self.exhausted = supply == Supply::Over;
        self.starved = supply == Supply::NotYet;
        for entry in &refused.entries {
            jobs.done(entry.index, Err(why.clone()));
        }
    }
}
