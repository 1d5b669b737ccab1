//! Drives the scheduler: waits for workers to write, and for limits to pass; and the shared state of a pool.
//!
//! The scheduler is locked only while it acts, never while somebody waits. Threads that bring tasks while a worker is idle
//! dispatch them themselves; the leader (see [`lead`](crate::unix::lead)) receives the results.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::Stats;
use crate::observer::Observer;
use crate::unix::bell;
use crate::unix::fork::Home;
use crate::unix::lead::Lead;
use crate::unix::processes::Processes;
use crate::unix::scheduler::Scheduler;
use crate::unix::scheduler::source::Source;
use crate::unix::shm::Arena;
use crate::unix::sync::{Mutex, MutexGuard, lock};

/// The pool's own thread looks this often whether there are tasks that nobody waits for, as long as there were some
/// lately: to wake it for each would cost more than such a task.
const TICK: Duration = Duration::from_millis(1);
/// After so many ticks without any, it sleeps until it is woken.
const QUIET_TICKS: u32 = 8;

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
    /// Tasks and calls that nobody may be waiting for.
    unattended: AtomicUsize,
    /// Iterators of results: whoever uses them leads, but may do something else between two results.
    iterators: AtomicUsize,
    /// How often anybody has begun or ended to lead.
    turns: AtomicUsize,
    /// Arguments that the leader pulls.
    refills: Mutex<Vec<Weak<dyn Refill>>>,
    has_refills: AtomicBool,
    /// Whether the pool's own thread sleeps until it is woken; or does not exist yet.
    driver_sleeps: AtomicBool,
    driver_leads: AtomicBool,
    has_driver: Mutex<bool>,
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

/// Arguments of which more are pulled whenever those that were have been sent.
pub trait Refill: Send + Sync {
    /// Pulls some, if that is wanted now.
    fn refill(&self);
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
            unattended: AtomicUsize::new(0),
            iterators: AtomicUsize::new(0),
            turns: AtomicUsize::new(0),
            refills: Mutex::default(),
            has_refills: AtomicBool::new(false),
            driver_sleeps: AtomicBool::new(true),
            driver_leads: AtomicBool::new(false),
            has_driver: Mutex::new(false),
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
        self.refill();
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

    /// There is something that nobody may be waiting for. `is_urgent` if a worker may be idle unless the scheduler is
    /// driven now. False if nobody can drive it: the system grants no thread.
    pub fn attend(self: &Arc<Self>, is_urgent: bool) -> bool {
        self.begin_attention();
        self.see_to_a_driver(is_urgent)
    }

    /// Counts it, before it can end.
    pub fn begin_attention(&self) {
        self.unattended.fetch_add(1, Ordering::SeqCst);
    }

    /// As [`attend`](Self::attend), for something that is counted already.
    pub fn see_to_a_driver(self: &Arc<Self>, is_urgent: bool) -> bool {
        // A forked process has no driver, and the lock may have been held by a thread that it has not.
        if self.is_of_another_process() {
            return false;
        }
        // Its thread looks once more whether it is needed when it has led.
        if self.driver_leads.load(Ordering::SeqCst) || (!is_urgent && !self.driver_sleeps.load(Ordering::SeqCst)) {
            return true;
        }
        let mut has_driver = lock(&self.has_driver);
        if !*has_driver {
            let shared = Arc::downgrade(self);
            let driver = thread::Builder::new().name("pool-driver".to_owned()).spawn(move || drive(&shared));
            let Ok(driver) = driver else { return false };
            *has_driver = true;
            self.lead.set_driver(Some(driver.thread().clone()));
        }
        drop(has_driver);
        self.driver_sleeps.store(false, Ordering::SeqCst);
        self.lead.wake_driver();
        true
    }

    /// Somebody uses results one by one. If they do something else for a [`TICK`], the pool's own thread leads.
    pub fn begin_iterator(self: &Arc<Self>) {
        self.iterators.fetch_add(1, Ordering::SeqCst);
        // Without such a thread nothing is received in that time.
        self.see_to_a_driver(false);
    }

    /// The opposite of [`begin_iterator`](Self::begin_iterator).
    pub fn end_iterator(&self) {
        self.iterators.fetch_sub(1, Ordering::SeqCst);
        self.ring();
    }

    /// Whoever leads pulls these arguments, too, as long as they exist.
    pub fn add_refill(&self, refill: Weak<dyn Refill>) {
        lock(&self.refills).push(refill);
        self.has_refills.store(true, Ordering::SeqCst);
    }

    /// Pulls arguments. They may be encoded with the help of this pool, so no lock is held.
    fn refill(&self) {
        if !self.has_refills.load(Ordering::Relaxed) {
            return;
        }
        let mut refills = lock(&self.refills);
        refills.retain(|refill| refill.strong_count() > 0);
        self.has_refills.store(!refills.is_empty(), Ordering::SeqCst);
        let living: Vec<_> = refills.iter().filter_map(Weak::upgrade).collect();
        drop(refills);
        living.iter().for_each(|refill| refill.refill());
    }

    /// Whether the pool's own thread must lead as soon as nobody else does.
    fn is_unattended(&self) -> bool {
        self.unattended.load(Ordering::SeqCst) > 0
    }

    /// Whether there is anything for the pool's own thread to do, now or later.
    fn has_work_for_driver(&self) -> bool {
        self.is_unattended() || self.iterators.load(Ordering::SeqCst) > 0
    }

    /// Something that was counted by [`attend`](Self::attend) has ended.
    pub fn end_attention(&self) {
        self.unattended.fetch_sub(1, Ordering::SeqCst);
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
        self.0.lead.end(|| self.0.is_unattended() || self.0.is_closed());
    }
}

/// The pool's own thread: drives the scheduler as long as there is something that nobody waits for.
fn drive(shared: &Weak<Shared>) {
    let mut quiet = 0;
    let mut turns_before = None;
    loop {
        let Some(pool) = shared.upgrade() else { return };
        if pool.is_closed() {
            pool.lead.set_driver(None);
            return;
        }
        // Whoever uses results one by one has led in the last tick, or does something else.
        let turns = Some(pool.turns.load(Ordering::SeqCst));
        let is_idle = std::mem::replace(&mut turns_before, turns) == turns;
        let is_needed = pool.is_unattended() || (is_idle && pool.has_work_for_driver());
        if is_needed && pool.lead.try_begin_as_driver() {
            let leading = Leading::begin(&pool);
            pool.driver_leads.store(true, Ordering::SeqCst);
            let mut polled = Polled::default();
            let is_over = || !pool.has_work_for_driver() || pool.is_closed();
            while !is_over() {
                pool.step(&mut polled, None, &is_over);
            }
            pool.driver_leads.store(false, Ordering::SeqCst);
            drop(leading);
            quiet = 0;
            turns_before = None;
            continue;
        }
        // Somebody else leads, and wakes this thread afterwards; or there is nothing to do.
        quiet = if pool.has_work_for_driver() { 0 } else { quiet + 1 };
        if quiet <= QUIET_TICKS {
            drop(pool);
            thread::park_timeout(TICK);
            continue;
        }
        pool.driver_sleeps.store(true, Ordering::SeqCst);
        if !pool.has_work_for_driver() {
            drop(pool);
            thread::park();
        }
        quiet = 0;
        turns_before = None;
    }
}
