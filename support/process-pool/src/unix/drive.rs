//! Drives the scheduler: waits for workers to write, and for limits to pass; and the shared state of a pool.
//!
//! The scheduler is locked only while it acts, never while somebody waits. Threads that bring tasks while a worker is idle
//! dispatch them themselves; the leader (see [`lead`](crate::unix::lead)) receives the results.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::Stats;
use crate::observer::Observer;
use crate::unix::attention::Attention;
use crate::unix::bell;
use crate::unix::fork::Home;
use crate::unix::lead::Lead;
use crate::unix::processes::Processes;
use crate::unix::refill::Refills;
use crate::unix::scheduler::Scheduler;
use crate::unix::scheduler::source::Source;
use crate::unix::shm::Arena;
use crate::unix::sync::{Mutex, MutexGuard, lock};

/// What the clones of a pool share, and their handles.
pub struct Shared {
    scheduler: Mutex<Scheduler<Processes>>,
    lead: Lead,
    /// The thread that leads, by its [`my_address`]; 0 if nobody does.
    leader: AtomicUsize,
    /// Whether whoever brings new tasks should dispatch them.
    is_hungry: AtomicBool,
    /// Whether the leader waits, and must be told of workers that it does not poll.
    is_polling: AtomicBool,
    bell: OwnedFd,
    ringer: OwnedFd,
    /// How often anybody has begun or ended to lead.
    turns: AtomicUsize,
    /// What the pool's own thread looks after.
    pub attention: Attention,
    /// Arguments that the leader pulls.
    pub refills: Refills,
    is_closed: AtomicBool,
    pub arena: Arc<Arena>,
    pub observer: Observer,
    /// The process that built the pool.
    home: Home,
}

/// Whoever waits for something that the scheduler brings about.
pub trait Wait {
    /// Whether the waiting is over.
    fn is_over(&self) -> bool;

    /// Sees to it that this thread is woken when it is.
    fn wake(&self, thread: Thread);
}

/// What the leader polls.
#[derive(Default)]
struct Polled {
    pipes: Vec<(Arc<File>, usize, bool)>,
}

impl Shared {
    pub fn new(scheduler: Scheduler<Processes>, arena: Arc<Arena>, observer: Observer) -> std::io::Result<Shared> {
        let (bell, ringer) = bell::new()?;
        Ok(Shared {
            scheduler: Mutex::new(scheduler),
            lead: Lead::default(),
            leader: AtomicUsize::new(0),
            is_hungry: AtomicBool::new(true),
            is_polling: AtomicBool::new(false),
            bell,
            ringer,
            turns: AtomicUsize::new(0),
            attention: Attention::default(),
            refills: Refills::default(),
            is_closed: AtomicBool::new(false),
            arena,
            observer,
            home: Home::here(),
        })
    }

    /// Whether this is the copy that a forked process has. Its locks must not be touched: another thread may have held one.
    pub fn is_of_another_process(&self) -> bool {
        self.home.is_elsewhere()
    }

    pub fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }

    /// Does something with the scheduler, and then what follows from it.
    pub fn with<T>(&self, act: impl FnOnce(&mut Scheduler<Processes>) -> T) -> T {
        let mut scheduler = lock(&self.scheduler);
        let result = act(&mut scheduler);
        self.leave(scheduler, false);
        result
    }

    /// Unlocks the scheduler, tells the leader if there is something new to wait for, and does what is to be done without
    /// the lock.
    fn leave(&self, mut scheduler: MutexGuard<'_, Scheduler<Processes>>, is_leader: bool) {
        // The leader sees what others have done when it looks again.
        let must_ring = !is_leader && self.is_polling.load(Ordering::SeqCst) && scheduler.take_must_look();
        let after = scheduler.take_after();
        drop(scheduler);
        if must_ring {
            bell::ring(&self.ringer);
        }
        if !after.is_empty() {
            after.run(&self.observer);
        }
    }

    /// There are new tasks: dispatches them if a worker waits for some. True if that was so.
    pub fn nudge(&self) -> bool {
        if !self.is_hungry.load(Ordering::SeqCst) {
            return false;
        }
        self.with(|scheduler| {
            scheduler.dispatch();
            self.set_hungry(scheduler);
        });
        true
    }

    /// What was done so far. Tasks that were cancelled while they waited are not counted as such if a worker could have had
    /// them.
    pub fn stats(&self) -> Stats {
        self.with(|scheduler| {
            scheduler.dispatch();
            self.set_hungry(scheduler);
            scheduler.stats()
        })
    }

    /// Cancels all tasks that have not begun, and those that a call still brings.
    pub fn cancel_queued(&self) {
        self.with(|scheduler| {
            scheduler.cancel_queued();
            self.set_hungry(scheduler);
        });
    }

    /// Tells whoever brings tasks whether to dispatch them; and looks once more, as some may have come just before that.
    fn set_hungry(&self, scheduler: &mut Scheduler<Processes>) {
        loop {
            let is_hungry = scheduler.is_hungry();
            self.is_hungry.store(is_hungry, Ordering::SeqCst);
            // What is held back until results are used cannot be dispatched, either.
            if !is_hungry || !scheduler.has_new_tasks() || !scheduler.dispatch() {
                return;
            }
        }
    }

    /// Waits until it is over, or the time has come. False if the time has come first.
    /// A forked process waits for nothing: it would take the results from the process whose pool this is.
    pub fn wait(&self, wait: &impl Wait, until: Option<Instant>) -> bool {
        if self.is_of_another_process() {
            return false;
        }
        let is_late = || until.is_some_and(|until| Instant::now() >= until);
        let me = thread::current();
        let mut has_followed = false;
        let lead = || {
            let mut polled = Polled::default();
            // Once at least: whoever only asks whether the outcome has come may be the only one who looks.
            loop {
                self.step(&mut polled, until, &|| wait.is_over());
                if wait.is_over() || is_late() {
                    return wait.is_over();
                }
            }
        };
        if !wait.is_over() && self.is_led_by_me() {
            return lead();
        }
        while !wait.is_over() {
            if self.lead.try_begin(&me) {
                let _leading = Leading::begin(self);
                return lead();
            }
            has_followed = true;
            if is_late() {
                self.lead.leave(&me);
                return wait.is_over();
            }
            wait.wake(me.clone());
            // The leader may sleep until a worker writes, and not know of tasks that were put here for a worker that is idle.
            self.nudge();
            if wait.is_over() {
                break;
            }
            match until {
                Some(until) => thread::park_timeout(until.saturating_duration_since(Instant::now())),
                None => thread::park(),
            }
        }
        if has_followed {
            self.lead.leave(&me);
        }
        true
    }

    /// Whether this thread leads: then it is in a callback, and nobody else can receive results before that returns.
    pub fn is_led_by_me(&self) -> bool {
        self.leader.load(Ordering::Relaxed) == my_address()
    }

    /// One round of the leader: dispatches tasks, waits for an event, and delivers results. (Not generic, so that the whole
    /// scheduler is compiled and inlined in this crate, once, and not in each crate that waits for something.)
    fn step(&self, polled: &mut Polled, until: Option<Instant>, is_over: &dyn Fn() -> bool) {
        self.refills.refill();
        let mut scheduler = lock(&self.scheduler);
        scheduler.dispatch();
        self.set_hungry(&mut scheduler);
        // A closed pool may still be waited on: for an iterator to end. There is only the bell to wait for then.
        if is_over() {
            return self.leave(scheduler, true);
        }
        // A single worker that shares our core has often answered already, or does once we yield; that saves a wake-up.
        // Only one yield: spinning would take the core from others.
        if let Some(n) = scheduler.only_awaited() {
            if scheduler.receive(n) {
                return self.finish_step(scheduler, is_over);
            }
            self.leave(scheduler, true);
            thread::yield_now();
            scheduler = lock(&self.scheduler);
            if scheduler.receive(n) {
                return self.finish_step(scheduler, is_over);
            }
        }
        polled.pipes.clear();
        scheduler.poll_each(|n, worker, is_full| {
            let (to, from) = worker.pipes();
            polled.pipes.push((Arc::clone(from), n, false));
            if is_full {
                polled.pipes.push((Arc::clone(to), n, true));
            }
        });
        let mut limit = scheduler.next_look();
        if let Some(until) = until {
            limit = limit.min(until.saturating_duration_since(Instant::now()));
        }
        // From here on whoever changes something rings the bell.
        self.is_polling.store(true, Ordering::SeqCst);
        let has_changed = scheduler.take_must_look();
        self.leave(scheduler, true);
        // A callback that waits leads for that time, and may have missed who rang since.
        let must_look = has_changed || is_over() || !self.is_polling.load(Ordering::SeqCst);
        let ready = if must_look { Vec::new() } else { self.poll(polled, limit) };
        self.is_polling.store(false, Ordering::SeqCst);
        let mut scheduler = lock(&self.scheduler);
        for (n, is_full) in ready {
            if is_full {
                scheduler.flush(n);
            } else {
                scheduler.receive(n);
            }
        }
        self.finish_step(scheduler, is_over);
    }

    /// After the last result there is nothing left to look at. But a worker may be idle now, and nobody may lead: then whoever
    /// brings tasks must dispatch them.
    fn finish_step(&self, mut scheduler: MutexGuard<'_, Scheduler<Processes>>, is_over: &dyn Fn() -> bool) {
        if !is_over() {
            scheduler.look_at_workers();
        } else if !self.is_hungry.load(Ordering::SeqCst) {
            self.set_hungry(&mut scheduler);
        }
        self.leave(scheduler, true);
    }

    /// Wakes the leader, if it waits: something has happened that the scheduler does not know.
    pub fn ring(&self) {
        if self.is_polling.load(Ordering::SeqCst) {
            bell::ring(&self.ringer);
        }
    }

    /// Waits for workers that can be read from, or written to.
    fn poll(&self, polled: &Polled, limit: Duration) -> Vec<(usize, bool)> {
        let limit = Timespec::try_from(limit).ok();
        let mut fds: Vec<PollFd<'_>> = Vec::with_capacity(polled.pipes.len() + 1);
        for (pipe, _, is_full) in &polled.pipes {
            fds.push(PollFd::from_borrowed_fd(
                std::os::fd::AsFd::as_fd(&**pipe),
                if *is_full { PollFlags::OUT } else { PollFlags::IN },
            ));
        }
        fds.push(PollFd::new(&self.bell, PollFlags::IN));
        // EINTR counts as an early timeout.
        let _ = poll(&mut fds, limit.as_ref());
        if fds.pop().is_some_and(|bell| !bell.revents().is_empty()) {
            bell::silence(&self.bell);
        }
        let ready = fds.iter().zip(&polled.pipes).filter(|(fd, _)| !fd.revents().is_empty());
        let mut ready: Vec<(usize, bool)> = ready.map(|(_, (_, n, is_full))| (*n, *is_full)).collect();
        // First make room for tasks, then read results.
        ready.sort_by_key(|(_, is_full)| !is_full);
        ready
    }

    /// How often anybody has begun or ended to lead.
    pub fn turns(&self) -> usize {
        self.turns.load(Ordering::SeqCst)
    }

    /// Tells who is woken when nobody else leads: the pool's own thread, if it exists.
    pub fn set_driver(&self, driver: Option<Thread>) {
        self.lead.set_driver(driver);
    }

    /// Wakes the pool's own thread, if nobody leads.
    pub fn wake_driver(&self) {
        self.lead.wake_driver();
    }

    /// Leads in the pool's own thread until it is over, if nobody else does. False if somebody does.
    pub fn lead_as_driver(&self, is_over: &dyn Fn() -> bool) -> bool {
        if !self.lead.try_begin_as_driver() {
            return false;
        }
        let leading = Leading::begin(self);
        self.attention.driver_leads.store(true, Ordering::SeqCst);
        let mut polled = Polled::default();
        while !is_over() {
            self.step(&mut polled, None, is_over);
        }
        self.attention.driver_leads.store(false, Ordering::SeqCst);
        drop(leading);
        true
    }

    /// Kills the workers. What has not ended is cancelled.
    pub fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
        // A task that is submitted in this moment must be cancelled by whoever brings it: no driver will.
        self.with(|scheduler| {
            scheduler.close();
            self.set_hungry(scheduler);
        });
        bell::ring(&self.ringer);
        self.lead.wake_driver();
    }

    /// Gives large results that nobody reads any more back to idle workers, if that is possible without waiting.
    pub fn release(&self) {
        if let Ok(mut scheduler) = self.scheduler.try_lock() {
            scheduler.release();
        }
    }

    /// Adds a source of tasks.
    pub fn add_source(&self, source: &Arc<Source>) {
        let source = Arc::clone(source);
        self.with(|scheduler| scheduler.add_source(source));
    }
}

/// Tells threads apart, as long as they live.
fn my_address() -> usize {
    thread_local!(static ADDRESS: u8 = const { 0 });
    ADDRESS.with(|address| ptr::from_ref(address).addr())
}

/// Ends the leadership on every path.
struct Leading<'a>(&'a Shared);

impl Leading<'_> {
    /// This thread leads from now on.
    fn begin(shared: &Shared) -> Leading<'_> {
        shared.leader.store(my_address(), Ordering::Relaxed);
        shared.turns.fetch_add(1, Ordering::Relaxed);
        Leading(shared)
    }
}

impl Drop for Leading<'_> {
    fn drop(&mut self) {
        self.0.release();
        self.0.leader.store(0, Ordering::Relaxed);
        self.0.turns.fetch_add(1, Ordering::Relaxed);
        self.0.lead.end(|| self.0.attention.is_unattended() || self.0.is_closed());
    }
}
