//! Sleeping and waking: who has which core, and what it costs to get there.

use super::state::{Os, What};
use super::thread::{CodePath, Is, Thread};
use crate::sim::curves::Pairs;
use crate::sim::ids::Tid;
use crate::sim::schedule::Turn;

impl Os {
    /// Wakes a sleeper, which runs after the machine's latency or when a core is free. Returns what
    /// that costs the waker.
    pub fn wake(&self, me: Tid) -> u64 {
        self.wakes(me, None)
    }

    /// With a latency and a cost drawn from these after a wait of so many ns, instead of the usual ones.
    pub(super) fn wakes(&self, me: Tid, drawn: Option<(&Pairs, u64)>) -> u64 {
        let mut threads = self.threads.borrow_mut();
        let t = &mut threads[me];
        if t.is_late() {
            t.timed_out = false;
            return self.machine.enqueue;
        }
        if t.is != Is::Blocked {
            return 0;
        }
        t.timed_out = false;
        t.sleep += 1;
        if self.manual {
            t.is = Is::Running;
            return 1;
        }
        let home = t.core;
        if let Some((core, idle)) = self.idle_core(home) {
            self.occupies(core, t);
            let (pairs, slept) = drawn.unwrap_or_else(|| (self.machine.wake_of(idle, t.timer), idle));
            let (latency, cost) = pairs.draw(slept, &mut self.rng.borrow_mut());
            // On its last core it just goes on; on another core a context switch is needed.
            let latency = if core == home { latency } else { latency.max(self.machine.dispatch) };
            self.plan(self.now() + latency, What::Arrived(me));
            cost
        } else {
            self.queues(t);
            self.machine.enqueue
        }
    }

    /// The end of a timed wait. The timer's latency includes the wake-up.
    pub(super) fn arrives_by_timer(&self, me: Tid) {
        let mut threads = self.threads.borrow_mut();
        let t = &mut threads[me];
        if let Some((core, _)) = self.idle_core(t.core) {
            self.occupies(core, t);
            drop(threads);
            self.goes_on(me);
        } else {
            self.queues(t);
        }
    }

    /// If a thread whose time is up would only wait again, begins that wait; returns whether it did.
    pub(super) fn waits_again(&self, t: &mut Thread<Os>) -> bool {
        let Some(handler) = t.on_timeout.clone().filter(|handler| handler.waits_again()) else { return false };
        let Some((core, _)) = self.idle_core(t.core) else { return false };
        let length = handler.begin_wait(self, t.number);
        t.timer = Some(length);
        t.sleep += 1;
        self.occupies(core, t);
        t.is = Is::Blocked;
        {
            let c = &mut self.cores.borrow_mut()[core];
            (c.thread, c.idle_since) = (None, self.now());
        }
        self.schedule.borrow_mut().begin(Turn { thread: t.number, by_time: true, overtakes: false });
        let late = self.draw(&self.machine.late, length);
        self.plan(self.now() + length + late, What::Timed(t.number, t.sleep));
        true
    }

    pub(super) fn queues(&self, t: &mut Thread<Os>) {
        t.is = Is::Queued;
        self.lanes.borrow_mut().loses_core(t.number, self.now());
        self.queue.borrow_mut().push_back(t.number);
        if let Some(queued) = &self.machine.queued {
            let patience = self.draw(queued, 1);
            self.plan(self.now() + patience, What::Pushes(t.number, t.sleep));
        }
    }

    /// A thread takes an idle core. All code paths become at least as cold as the core was idle.
    pub(super) fn occupies(&self, core: usize, t: &mut Thread<Os>) {
        let c = &mut self.cores.borrow_mut()[core];
        c.thread = Some(t.number);
        let idle = self.now().saturating_sub(c.idle_since);
        t.is = Is::Arriving;
        t.core = core;
        c.cold.iter_mut().for_each(|cold| *cold = idle.max(*cold));
    }

    /// How cold a code path is, in ns of idleness since it was last taken; it is warm afterwards.
    pub fn cold(&self, me: Tid, path: CodePath) -> u64 {
        let core = self.threads.borrow()[me].core;
        std::mem::replace(&mut self.cores.borrow_mut()[core].cold[path as usize], 1)
    }

    /// What a `send` that wakes nobody, or a `recv` that finds its message, takes the thread now.
    pub fn talk(&self, me: Tid, path: CodePath) -> u64 {
        let m = &self.machine;
        let (other, alone, after) = match path {
            CodePath::Send => (CodePath::Receive, &m.send, &m.send_after),
            _ => (CodePath::Send, &m.receive, &m.receive_after),
        };
        let other_warm = {
            let cores = self.cores.borrow();
            let core = &cores[self.threads.borrow()[me].core];
            core.cold[other as usize] < core.cold[path as usize]
        };
        self.draw(if other_warm { after } else { alone }, self.cold(me, path))
    }

    /// An idle core, preferably `home`, and how long it has been idle.
    pub(super) fn idle_core(&self, home: usize) -> Option<(usize, u64)> {
        let cores = self.cores.borrow();
        let idle = |core: usize| {
            cores[core].thread.is_none().then(|| (core, self.now().saturating_sub(cores[core].idle_since)))
        };
        idle(home).or_else(|| (0..cores.len()).find_map(idle))
    }

    /// A thread is on its core and goes on: with what is left of its work, or with its program.
    pub(super) fn goes_on(&self, me: Tid) {
        let mut threads = self.threads.borrow_mut();
        let t = &mut threads[me];
        t.is = Is::Running;
        self.lanes.borrow_mut().has_core(me, self.now());
        if t.left > 0 && !t.interrupted {
            t.since = self.now();
            self.plan(t.since + t.left, What::Worked(me, t.piece));
        } else {
            self.resumed.borrow_mut().push(me);
        }
    }

    /// Gives the core to the next in the queue, or leaves it idle.
    pub(super) fn leaves_core(&self, core: usize) {
        let next = self.queue.borrow_mut().pop_front();
        let mut cores = self.cores.borrow_mut();
        cores[core].thread = next;
        cores[core].idle_since = self.now();
        if let Some(next) = next {
            let mut threads = self.threads.borrow_mut();
            threads[next].is = Is::Arriving;
            threads[next].core = core;
            self.plan(self.now() + self.machine.dispatch, What::Arrived(next));
        }
    }

    /// A queued thread preempts the one that has run longest.
    pub(super) fn pushes(&self, me: Tid, sleep: u32) {
        let victim = {
            let threads = self.threads.borrow();
            if threads[me].is != Is::Queued || threads[me].sleep != sleep {
                return;
            }
            let cores = self.cores.borrow();
            let running = cores.iter().filter_map(|core| core.thread).filter(|t| threads[*t].is == Is::Running);
            running.filter(|t| threads[*t].left > 0).min_by_key(|t| threads[*t].since)
        };
        let Some(victim) = victim else { return };
        let core = {
            let mut threads = self.threads.borrow_mut();
            let v = &mut threads[victim];
            v.left = (v.since + v.left).saturating_sub(self.now()).max(1);
            v.piece += 1;
            v.core
        };
        self.queue.borrow_mut().retain(|t| *t != me);
        self.queue.borrow_mut().push_front(me);
        self.leaves_core(core);
        self.queues(&mut self.threads.borrow_mut()[victim]);
    }

    pub(super) fn ends(&self, me: Tid) {
        let core = {
            let mut threads = self.threads.borrow_mut();
            threads[me].is = Is::Gone;
            threads[me].core
        };
        self.lanes.borrow_mut().leave(me, self.now());
        if self.manual {
            return;
        }
        self.leaves_core(core);
    }
}
