//! What a pool does with its scheduler, as [`Shared`](crate::unix::drive::Shared) does it: one thread leads, others dispatch.

use std::cell::RefCell;
use std::mem::replace;
use std::rc::Rc;
use std::time::Duration;

use super::process::Process;
use super::world::{Shared, SimWorld};
use crate::observer::Observer;
use crate::unix::scheduler::Scheduler;
use crate::unix::scheduler::worker::Worker;

/// What the leader polls: places and their workers, and whether for room to write.
type Polled = Vec<(usize, Rc<RefCell<Process>>, bool)>;

fn is_ready(process: &RefCell<Process>, is_full: bool) -> bool {
    if is_full { process.borrow().is_writable() } else { process.borrow().is_readable() }
}

/// Where the leader is.
enum Leader {
    /// About to begin a round.
    Step,
    /// It has let others run before it reads from its only worker.
    Yielded(usize, Polled),
    /// It waits for these workers, until then at most.
    Polling(Duration, Polled),
}

/// The scheduler, and where the thread that leads is.
pub struct SimPool {
    pub scheduler: Scheduler<SimWorld>,
    universe: Shared,
    leader: Leader,
    is_hungry: bool,
    is_rung: bool,
    /// How often in a row the leader has looked again as soon as it may, and nothing had happened.
    vain_looks: u32,
    starts: u64,
}

impl SimPool {
    pub fn new(scheduler: Scheduler<SimWorld>, universe: Shared) -> SimPool {
        SimPool { scheduler, universe, leader: Leader::Step, is_hungry: true, is_rung: false, vain_looks: 0, starts: 0 }
    }

    fn now(&self) -> Duration {
        self.universe.borrow().now
    }

    /// What the leader does next, for whoever replays a seed.
    pub fn does(&self) -> String {
        match &self.leader {
            Leader::Step => "begins a round".to_owned(),
            Leader::Yielded(n, _) => format!("reads from worker {n}"),
            Leader::Polling(until, polled) => {
                let polled: Vec<_> = polled.iter().map(|(n, _, is_full)| (n, is_full)).collect();
                format!("polled {polled:?} until {until:?}, rung: {}", self.is_rung)
            }
        }
    }

    /// When the leader goes on because time has passed.
    pub fn wakes_at(&self) -> Option<Duration> {
        match &self.leader {
            Leader::Polling(until, _) => Some(*until),
            Leader::Step | Leader::Yielded(..) => None,
        }
    }

    pub fn close(&mut self) {
        self.with(Scheduler::close);
        self.is_rung = true;
    }

    /// Dispatches, although nobody has to.
    pub fn dispatch_early(&mut self) {
        self.is_hungry = true;
        self.nudge();
    }

    pub fn leads_now(&self) -> bool {
        match &self.leader {
            Leader::Step | Leader::Yielded(..) => true,
            Leader::Polling(until, polled) => {
                let is_any_ready = || polled.iter().any(|(_, process, is_full)| is_ready(process, *is_full));
                self.is_rung || self.now() >= *until || is_any_ready()
            }
        }
    }

    /// The leader sleeps, and nobody else does anything: nothing may be left that could be done now.
    pub fn check_sleep(&mut self) {
        let Leader::Polling(until, polled) = &self.leader else { return };
        if *until <= self.now() + Duration::from_millis(1) {
            // It looks again soon enough: that often failed starts are repeated.
            return;
        }
        for (n, link) in self.scheduler.slots.links() {
            let process = link.worker.process.borrow();
            let is_polled = |for_room| {
                polled
                    .iter()
                    .any(|(place, its, full)| (*place, *full) == (n, for_room) && its.borrow().pid == process.pid)
            };
            let is_heard = !link.is_awaited() || !process.is_readable() || is_polled(false);
            assert!(is_heard, "worker {n} has written, and nobody reads");
            let is_fed = !link.has_unsent() || !process.is_writable() || is_polled(true);
            assert!(is_fed, "worker {n} has room, and nobody writes");
        }
        let started = self.universe.borrow().processes.len();
        let idle = self.idle_workers();
        // Else tasks wait for somebody to use results: for that no worker is needed.
        let may_need_workers = self.scheduler.queue.may_have_tasks();
        self.scheduler.dispatch();
        let has_started = started < self.universe.borrow().processes.len();
        assert!(!(may_need_workers && has_started), "a worker could have been started earlier");
        for (n, link) in self.scheduler.slots.links() {
            let was_forgotten = link.batches() > 0 && idle.contains(&(n, link.worker.pid()));
            assert!(!was_forgotten, "a task waited beside idle worker {n}");
        }
        self.leave();
    }

    fn idle_workers(&self) -> Vec<(usize, u32)> {
        let links = self.scheduler.slots.links();
        links.filter(|(_, link)| link.is_idle() && link.takes_more(0)).map(|(n, link)| (n, link.worker.pid())).collect()
    }

    /// As `Shared::leave` does for those that do not lead.
    fn leave(&mut self) {
        if matches!(self.leader, Leader::Polling(..)) && self.scheduler.take_must_look() {
            self.is_rung = true;
        }
        self.scheduler.take_after().run(&Observer::default());
    }

    pub fn with<T>(&mut self, act: impl FnOnce(&mut Scheduler<SimWorld>) -> T) -> T {
        let result = act(&mut self.scheduler);
        self.leave();
        result
    }

    /// As `Shared::nudge` does.
    pub fn nudge(&mut self) {
        if self.is_hungry {
            self.scheduler.dispatch();
            self.set_hungry();
            self.leave();
        }
    }

    fn set_hungry(&mut self) {
        loop {
            self.is_hungry = self.scheduler.is_hungry();
            if !self.is_hungry || !self.scheduler.dispatch() {
                return;
            }
        }
    }

    pub fn ring(&mut self) {
        self.is_rung |= matches!(self.leader, Leader::Polling(..));
    }

    /// The next part of a round of the leader: see `Shared::step`.
    pub fn lead(&mut self) {
        match replace(&mut self.leader, Leader::Step) {
            Leader::Step => {
                self.scheduler.dispatch();
                self.set_hungry();
                let mut polled = Vec::new();
                self.scheduler.poll_each(|n, worker, is_full| {
                    polled.push((n, Rc::clone(&worker.process), false));
                    if is_full {
                        polled.push((n, Rc::clone(&worker.process), true));
                    }
                });
                if let [(n, _, false)] = polled[..] {
                    if self.scheduler.receive(n) {
                        return self.finish_step();
                    }
                    self.scheduler.take_after().run(&Observer::default());
                    self.leader = Leader::Yielded(n, polled);
                    return;
                }
                self.poll(polled);
            }
            Leader::Yielded(n, polled) => {
                if self.scheduler.receive(n) {
                    return self.finish_step();
                }
                self.poll(polled);
            }
            Leader::Polling(_, polled) => {
                self.is_rung = false;
                let ready = polled.iter().filter(|(_, process, is_full)| is_ready(process, *is_full));
                let mut ready: Vec<(usize, bool)> = ready.map(|(n, _, is_full)| (*n, *is_full)).collect();
                ready.sort_by_key(|(_, is_full)| !is_full);
                for (n, is_full) in ready {
                    if is_full {
                        self.scheduler.flush(n);
                    } else {
                        self.scheduler.receive(n);
                    }
                }
                self.finish_step();
            }
        }
    }

    fn poll(&mut self, polled: Polled) {
        let limit = self.scheduler.next_look();
        self.check_looks(limit);
        let has_changed = self.scheduler.take_must_look();
        self.scheduler.take_after().run(&Observer::default());
        self.leader = match has_changed {
            true => Leader::Polling(self.now(), Vec::new()),
            false => Leader::Polling(self.now() + limit, polled),
        };
    }

    /// The leader looks again so soon only if a worker is to be started: then it tries to.
    fn check_looks(&mut self, limit: Duration) {
        let starts = {
            let universe = self.universe.borrow();
            universe.processes.len() as u64 + universe.seen.0.get("starts that failed").copied().unwrap_or(0)
        };
        let is_vain = limit <= Duration::from_millis(1) && starts == self.starts;
        self.vain_looks = if is_vain { self.vain_looks + 1 } else { 0 };
        self.starts = starts;
        assert!(self.vain_looks < 100, "the leader wakes again and again for nothing");
    }

    fn finish_step(&mut self) {
        self.scheduler.look_at_workers();
        self.scheduler.take_after().run(&Observer::default());
    }
}
