//! The parent's side of the pool: who gets which task, what came of it, who died and what is done about it. All state of the
//! pool is here and in one thread's hands; there is no lock.

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
use crate::unix::batch::{Batch, Retry};
use crate::unix::forkserver::Lease;
use crate::unix::shm::{self, Arena};
use crate::unix::start::SpawnRequest;
use crate::unix::worker_handle::{PendingWorker, WorkerHandle};

/// Where tasks come from and where their results go: the typed side of the pool.
pub trait JobSource {
    /// Appends the next argument to `out`; its length is not written before it. `None` when there is no more.
    fn next(&mut self, out: &mut Vec<u8>) -> Option<Result<(), String>>;
    /// At most so many more will come, if that is known.
    fn at_most(&self) -> Option<usize>;
    /// Whether it is certain that no more will come. Where arguments come from an iterator, only asking it tells.
    fn is_over(&self) -> bool {
        false
    }
    /// What became of a task: its encoded value, or a failure.
    fn done(&mut self, index: usize, value: Result<&[u8], Failure>);
}

/// A place for a worker.
pub(super) struct Slot {
    pub(super) worker: Option<Box<WorkerHandle>>,
    /// Not before this moment another one is started here.
    pub(super) not_before: Instant,
    /// How many tasks the next batch may hold.
    pub(super) batch: usize,
}

pub struct Engine {
    pub(super) options: Builder,
    pub(super) arena: Arc<Arena>,
    pub(super) memory: (OwnedFd, usize),
    pub(super) slots: Vec<Slot>,
    /// Tasks to be given again, before any new one.
    pub(super) again: VecDeque<Retry>,
    /// The task of this call, as workers know it.
    pub(super) task: u64,
    /// The number of the next new task.
    pub(super) next: usize,
    /// Whether the jobs has said that there is no more.
    pub(super) exhausted: bool,
    /// What a task takes, in ns, as last told; `None` until something was told.
    pub(super) ns_per_task: Option<f64>,
    /// Deaths in a row that no task was to blame for and no result came before.
    pub(super) unexplained_deaths: u32,
    /// How the last worker ended, or why none could be started.
    pub(super) last_loss: WorkerLoss,
    /// Batches whose memory can be used again.
    pub(super) spare: Vec<Batch>,
    /// Tasks whose argument no frame can carry.
    pub(super) too_long: Vec<usize>,
    pub(super) hello: Vec<u8>,
    pub(super) history: Vec<Stint>,
    pub(super) looked: Instant,
    /// For as long as there may be workers to start.
    _forkserver: Lease,
}

impl Engine {
    pub fn start(options: Builder, workers: usize, hello: Vec<u8>) -> Result<Engine, Error> {
        let no_memory = |e: io::Error| Error::NoSharedMemory(e.to_string());
        let forkserver = Lease::new();
        // The asking first, for all: what follows is done while they come.
        let asked: Vec<_> = (0..workers).map(|_| SpawnRequest::new(options.start)).collect();
        let memory = shm::anonymous().map_err(no_memory)?;
        let arena = Arena::new(memory.0.as_fd(), memory.1).map_err(no_memory)?;
        let now = Instant::now();
        let slot = || Slot { worker: None, not_before: now, batch: 1 };
        let mut engine = Engine {
            arena,
            memory,
            slots: (0..workers).map(|_| slot()).collect(),
            again: VecDeque::new(),
            task: 0,
            next: 0,
            exhausted: true,
            ns_per_task: None,
            unexplained_deaths: 0,
            last_loss: WorkerLoss::Ended(End::Unknown),
            spare: Vec::new(),
            too_long: Vec::new(),
            hello,
            history: Vec::new(),
            looked: now,
            _forkserver: forkserver,
            options,
        };
        // And all are told before the first is waited for: one after the other, two took half as long again.
        let told: Vec<_> = asked.into_iter().map(|asked| engine.tell(asked)).collect();
        for (n, told) in told.into_iter().enumerate() {
            engine.install(n, told);
        }
        // If not a single one can be started, the reason is told now.
        if engine.slots.iter().all(|slot| slot.worker.is_none()) {
            return Err(Error::NoWorkerStarts(engine.last_loss));
        }
        Ok(engine)
    }

    pub fn arena(&self) -> &Arc<Arena> {
        &self.arena
    }

    pub fn pids(&self) -> Vec<u32> {
        self.workers().map(WorkerHandle::pid).collect()
    }

    /// Begins a call: all tasks from now on are of this kind.
    pub fn begin(&mut self, task: u64) {
        self.task = task;
        (self.next, self.exhausted, self.ns_per_task, self.unexplained_deaths) = (0, false, None, 0);
        self.slots.iter_mut().for_each(|slot| slot.batch = 1);
    }

    /// Ends a call before its tasks are done: whoever is at one of them is killed.
    pub fn abandon(&mut self) {
        self.again.clear();
        self.exhausted = true;
        for slot in &mut self.slots {
            if slot.worker.as_ref().is_some_and(|worker| !worker.flight.is_empty()) {
                slot.worker = None;
            }
        }
    }

    /// Gives out what can be given, waits until something happens, and hands on what became of tasks. False when all are done.
    pub fn step(&mut self, jobs: &mut dyn JobSource) -> bool {
        self.dispatch(jobs);
        if self.is_done() {
            return false;
        }
        for index in std::mem::take(&mut self.too_long) {
            jobs.done(index, Err(Failure::Unreadable("too long for a frame, and no shared memory left".to_owned())));
        }
        if self.unexplained_deaths >= MAX_UNEXPLAINED_DEATHS {
            self.give_up(jobs);
            if self.in_flight() == 0 {
                return true;
            }
        }
        self.wait(jobs);
        // The last receive_worker ends it: what is not awaited need not be looked after.
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

    /// Whether something waits to be given out. (An jobs may turn out to have no more.)
    pub(super) fn has_work(&self) -> bool {
        !self.again.is_empty() || !self.exhausted
    }

    /// Starts a worker, if it is time to.
    pub(super) fn start_worker(&mut self, n: usize, now: Instant) {
        if now < self.slots[n].not_before {
            return;
        }
        let told = self.tell(SpawnRequest::new(self.options.start));
        self.install(n, told);
    }

    fn tell(&self, asked: io::Result<SpawnRequest>) -> io::Result<PendingWorker> {
        let memory = (self.memory.0.as_fd(), self.memory.1);
        PendingWorker::new(asked?, memory, self.options.memory, self.options.record)
    }

    fn install(&mut self, n: usize, told: io::Result<PendingWorker>) {
        match told.and_then(|told| told.arrive(self.memory.0.as_fd())) {
            Ok(worker) => self.slots[n].worker = Some(Box::new(worker)),
            Err(e) => self.record_unexplained_death(n, WorkerLoss::NotStarted(e.to_string())),
        }
    }

    /// Counts a death without a culprit; the next worker comes later each time.
    pub(super) fn record_unexplained_death(&mut self, n: usize, loss: WorkerLoss) {
        self.unexplained_deaths += 1;
        self.last_loss = loss;
        let doublings = self.unexplained_deaths.saturating_sub(3).min(7);
        let pause = if self.unexplained_deaths > 2 { Duration::from_millis(1 << doublings) } else { Duration::ZERO };
        self.slots[n].not_before = Instant::now() + pause;
    }

    /// Nobody stays alive to do anything: what is left fails, by and by, as an jobs may have no end.
    fn give_up(&mut self, jobs: &mut dyn JobSource) {
        let why = Failure::NoWorker(self.last_loss.clone());
        for again in self.again.drain(..) {
            jobs.done(again.index, Err(why.clone()));
        }
        let mut unused = Vec::new();
        for _ in 0..256 {
            if self.exhausted || jobs.next(&mut unused).is_none() {
                self.exhausted = true;
                return;
            }
            unused.clear();
            jobs.done(self.next, Err(why.clone()));
            self.next += 1;
        }
    }
}
