//! The parent's side of the pool: who gets which task, what came of it, who died and what is done about it. All state of the
//! pool is here and in one thread's hands; there is no lock.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::batch::{Again, Batch};
use super::builder::Builder;
use super::error::Error;
use super::failure::{End, Failure, WorkerLoss};
use super::forkserver::Part;
use super::history::Stint;
use super::limits::VAIN_DEATHS;
use super::process::{Told, Worker};
use super::shm::{self, Arena};
use super::start::Asked;

/// Where tasks come from and where their results go: the typed side of the pool.
pub trait Errand {
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
pub(super) struct Seat {
    pub(super) worker: Option<Box<Worker>>,
    /// Not before this moment another one is started here.
    pub(super) not_before: Instant,
    /// How many tasks the next batch may hold.
    pub(super) batch: usize,
}

pub struct Engine {
    pub(super) options: Builder,
    pub(super) arena: Arc<Arena>,
    pub(super) memory: (OwnedFd, usize),
    pub(super) seats: Vec<Seat>,
    /// Tasks to be given again, before any new one.
    pub(super) again: VecDeque<Again>,
    /// The task of this call, as workers know it.
    pub(super) task: u64,
    /// The number of the next new task.
    pub(super) next: usize,
    /// Whether the errand has said that there is no more.
    pub(super) exhausted: bool,
    /// What a task takes, in ns, as last told; `None` until something was told.
    pub(super) ns_per_task: Option<f64>,
    /// Deaths in a row that no task was to blame for and no result came before.
    pub(super) vain: u32,
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
    _forkserver: Part,
}

impl Engine {
    pub fn start(options: Builder, workers: usize, hello: Vec<u8>) -> Result<Engine, Error> {
        let no_memory = |e: io::Error| Error::NoSharedMemory(e.to_string());
        let forkserver = Part::new();
        // The asking first, for all: what follows is done while they come.
        let asked: Vec<_> = (0..workers).map(|_| Asked::new(options.start)).collect();
        let memory = shm::anonymous().map_err(no_memory)?;
        let arena = Arena::new(memory.0.as_fd(), memory.1).map_err(no_memory)?;
        let now = Instant::now();
        let seat = || Seat { worker: None, not_before: now, batch: 1 };
        let mut engine = Engine {
            arena,
            memory,
            seats: (0..workers).map(|_| seat()).collect(),
            again: VecDeque::new(),
            task: 0,
            next: 0,
            exhausted: true,
            ns_per_task: None,
            vain: 0,
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
            engine.seat(n, told);
        }
        // If not a single one can be started, the reason is told now.
        if engine.seats.iter().all(|seat| seat.worker.is_none()) {
            return Err(Error::NoWorkerStarts(engine.last_loss));
        }
        Ok(engine)
    }

    pub fn arena(&self) -> &Arc<Arena> {
        &self.arena
    }

    pub fn pids(&self) -> Vec<u32> {
        self.workers().map(Worker::pid).collect()
    }

    /// Begins a call: all tasks from now on are of this kind.
    pub fn begin(&mut self, task: u64) {
        self.task = task;
        (self.next, self.exhausted, self.ns_per_task, self.vain) = (0, false, None, 0);
        self.seats.iter_mut().for_each(|seat| seat.batch = 1);
    }

    /// Ends a call before its tasks are done: whoever is at one of them is killed.
    pub fn abandon(&mut self) {
        self.again.clear();
        self.exhausted = true;
        for seat in &mut self.seats {
            if seat.worker.as_ref().is_some_and(|worker| !worker.flight.is_empty()) {
                seat.worker = None;
            }
        }
    }

    /// Gives out what can be given, waits until something happens, and hands on what became of tasks. False when all are done.
    pub fn step(&mut self, errand: &mut dyn Errand) -> bool {
        self.give(errand);
        if self.is_done() {
            return false;
        }
        for index in std::mem::take(&mut self.too_long) {
            errand.done(index, Err(Failure::Unreadable("too long for a frame, and no shared memory left".to_owned())));
        }
        if self.vain >= VAIN_DEATHS {
            self.give_up(errand);
            if self.in_flight() == 0 {
                return true;
            }
        }
        self.wait(errand);
        // The last answer ends it: what is not awaited need not be looked after.
        if self.is_done() {
            return false;
        }
        self.look_around(errand);
        true
    }

    fn is_done(&self) -> bool {
        !self.has_work() && self.too_long.is_empty() && self.in_flight() == 0
    }

    pub(super) fn in_flight(&self) -> usize {
        self.workers().map(Worker::load).sum()
    }

    pub(super) fn workers(&self) -> impl Iterator<Item = &Worker> {
        self.seats.iter().filter_map(|seat| seat.worker.as_deref())
    }

    /// Whether something waits to be given out. (An errand may turn out to have no more.)
    pub(super) fn has_work(&self) -> bool {
        !self.again.is_empty() || !self.exhausted
    }

    /// Starts a worker, if it is time to.
    pub(super) fn seat_a_worker(&mut self, n: usize, now: Instant) {
        if now < self.seats[n].not_before {
            return;
        }
        let told = self.tell(Asked::new(self.options.start));
        self.seat(n, told);
    }

    fn tell(&self, asked: io::Result<Asked>) -> io::Result<Told> {
        let memory = (self.memory.0.as_fd(), self.memory.1);
        Told::new(asked?, memory, self.options.memory, self.options.record)
    }

    fn seat(&mut self, n: usize, told: io::Result<Told>) {
        match told.and_then(|told| told.arrive(self.memory.0.as_fd())) {
            Ok(worker) => self.seats[n].worker = Some(Box::new(worker)),
            Err(e) => self.died_in_vain(n, WorkerLoss::NotStarted(e.to_string())),
        }
    }

    /// Counts a death without a culprit; the next worker comes later each time.
    pub(super) fn died_in_vain(&mut self, n: usize, loss: WorkerLoss) {
        self.vain += 1;
        self.last_loss = loss;
        let doublings = self.vain.saturating_sub(3).min(7);
        let pause = if self.vain > 2 { Duration::from_millis(1 << doublings) } else { Duration::ZERO };
        self.seats[n].not_before = Instant::now() + pause;
    }

    /// Nobody stays alive to do anything: what is left fails, by and by, as an errand may have no end.
    fn give_up(&mut self, errand: &mut dyn Errand) {
        let why = Failure::NoWorker(self.last_loss.clone());
        for again in self.again.drain(..) {
            errand.done(again.index, Err(why.clone()));
        }
        let mut unused = Vec::new();
        for _ in 0..256 {
            if self.exhausted || errand.next(&mut unused).is_none() {
                self.exhausted = true;
                return;
            }
            unused.clear();
            errand.done(self.next, Err(why.clone()));
            self.next += 1;
        }
    }
}
