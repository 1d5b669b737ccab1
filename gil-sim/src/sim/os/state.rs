//! The state of the system, and what only reads or plans.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use super::thread::{Core, Is, Thread};
use crate::sim::curves::Curve;
use crate::sim::ids::Tid;
use crate::sim::lanes::Lanes;
use crate::sim::machine::Machine;
use crate::sim::rng::Rng;
use crate::sim::schedule::Schedule;

/// An event: its time, its number in the order of planning, and what happens.
pub(super) type Event = Reverse<(u64, u64, What)>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// A thread has done its piece of work, if it is still the same piece.
    Worked(Tid, u32),
    /// A thread arrives on the core that was kept for it.
    Arrived(Tid),
    /// A timed wait is over, if it is still the same wait.
    Timed(Tid, u32),
    /// Something outside wakes a sleeper.
    Woken(Tid),
    /// A queued thread preempts a running one, if it is still queued.
    Pushes(Tid, u32),
}

/// The system. All threads share one, by [`Rc`].
pub struct Os {
    /// The machine's latency model.
    pub machine: Machine,
    pub(super) now: Cell<u64>,
    pub(super) planned: Cell<u64>,
    pub(super) events: RefCell<BinaryHeap<Event>>,
    pub(super) threads: RefCell<Vec<Thread<Os>>>,
    pub(super) cores: RefCell<Vec<Core>>,
    pub(super) queue: RefCell<VecDeque<Tid>>,
    /// Threads that go on at the present moment.
    pub(super) resumed: RefCell<Vec<Tid>>,
    pub(super) handled: Cell<u64>,
    pub(super) rng: RefCell<Rng>,
    /// What each thread did when.
    pub lanes: RefCell<Lanes>,
    /// Who went on when, as [`crate::sim::schedule`] writes it.
    pub schedule: RefCell<Schedule>,
    /// The caller decides who goes on; there are no time and no cores.
    pub(super) manual: bool,
    /// Whether the caller wants the next signal to go to the newest waiter.
    pub(super) overtake: Cell<bool>,
}

/// A simulated thread's program.
pub type Task = Pin<Box<dyn Future<Output = ()>>>;

impl Os {
    /// A machine with nothing running.
    pub fn new(machine: Machine, seed: u64, lanes: Lanes) -> Rc<Os> {
        Os::with(machine, seed, lanes, false)
    }

    /// One on which [`Os::step`] says who goes on.
    pub fn manual(lanes: Lanes) -> Rc<Os> {
        Os::with(Machine::typical(1), 0, lanes, true)
    }

    fn with(machine: Machine, seed: u64, lanes: Lanes, manual: bool) -> Rc<Os> {
        let cores = vec![Core { thread: None, idle_since: 0, cold: [1; 5] }; machine.cores.max(1)];
        Rc::new(Os {
            machine,
            now: Cell::new(0),
            planned: Cell::new(0),
            events: RefCell::default(),
            threads: RefCell::default(),
            cores: RefCell::new(cores),
            queue: RefCell::default(),
            resumed: RefCell::default(),
            handled: Cell::new(0),
            rng: RefCell::new(Rng::new(seed)),
            lanes: RefCell::new(lanes),
            schedule: RefCell::default(),
            manual,
            overtake: Cell::new(false),
        })
    }

    /// Virtual time, in ns.
    pub fn now(&self) -> u64 {
        self.now.get()
    }

    /// Events handled so far.
    pub fn handled(&self) -> u64 {
        self.handled.get()
    }

    /// One draw from a curve.
    pub fn draw(&self, curve: &Curve, slept: u64) -> u64 {
        curve.draw(slept, &mut self.rng.borrow_mut())
    }

    /// A thread that will run from `start` on. Its number is the order of calls.
    pub fn spawn(&self, start: u64) -> Tid {
        let mut threads = self.threads.borrow_mut();
        let number = threads.len();
        threads.push(Thread::new(number));
        if self.manual {
            threads[number].is = Is::Running;
        } else {
            drop(threads);
            self.plan(start, What::Woken(number));
        }
        number
    }

    pub(super) fn plan(&self, at: u64, what: What) {
        let order = self.planned.get();
        self.planned.set(order + 1);
        self.events.borrow_mut().push(Reverse((at, order, what)));
    }
}
