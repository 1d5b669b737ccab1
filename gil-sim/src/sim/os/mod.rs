//! The operating system in virtual time: cores, threads, a run queue, sleeping and waking.
//!
//! A simulated thread is a future. It runs until it awaits something that takes time; then the next event is taken from the
//! heap, the clock jumps to it, and the thread that it concerns goes on. Nothing here knows of a GIL.

mod awaits;
mod cores;
mod manual;
mod thread;

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Waker};

use super::curves::Curve;
use super::ids::Tid;
use super::lanes::Lanes;
use super::machine::Machine;
use super::rng::Rng;
use super::schedule::{Schedule, Turn};
pub use thread::{CodePath, TimeoutHandler};
use thread::{Core, Is, Thread};

/// What happens next, and when: by time, then in the order of planning.
type Event = Reverse<(u64, u64, What)>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// A thread has done its piece of work, if it is still the same piece.
    Worked(Tid, u32),
    /// A thread arrives on the core that was kept for it.
    Arrived(Tid),
    /// A timed wait is over, if it is still the same wait.
    Timed(Tid, u32),
    /// Something outside wakes a sleeper.
    Woken(Tid),
    /// A thread that nobody makes room for pushes somebody off, if it still waits for a core.
    Pushes(Tid, u32),
}

/// The system. All threads share one, by [`Rc`].
pub struct Os {
    /// What this machine takes for what.
    pub machine: Machine,
    now: Cell<u64>,
    planned: Cell<u64>,
    events: RefCell<BinaryHeap<Event>>,
    threads: RefCell<Vec<Thread>>,
    cores: RefCell<Vec<Core>>,
    queue: RefCell<VecDeque<Tid>>,
    /// Threads that go on at this very instant.
    resumed: RefCell<Vec<Tid>>,
    handled: Cell<u64>,
    rng: RefCell<Rng>,
    /// What each thread did when.
    pub lanes: RefCell<Lanes>,
    /// Who went on when, as [`super::schedule`] writes it.
    pub schedule: RefCell<Schedule>,
    /// Somebody else decides who goes on: there is no time, and no cores.
    manual: bool,
    /// Whether the next signal goes to the newest waiter, by whoever decides.
    overtake: Cell<bool>,
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

    /// Runs all programs, in the order of [`Os::spawn`], until `end` or until nothing is left to happen.
    pub fn run(&self, mut tasks: Vec<Task>, end: u64) {
        let mut context = Context::from_waker(Waker::noop());
        loop {
            let Some(Reverse((at, _, what))) = self.events.borrow_mut().pop() else { break };
            if at > end {
                self.now.set(end);
                break;
            }
            self.now.set(at);
            self.handled.set(self.handled.get() + 1);
            self.happens(what);
            loop {
                let Some(me) = self.resumed.borrow_mut().pop() else { break };
                self.goes(me, &mut tasks[me], &mut context);
            }
        }
    }

    fn goes(&self, me: Tid, task: &mut Task, context: &mut Context<'_>) {
        let by_time = {
            let t = &mut self.threads.borrow_mut()[me];
            t.timed && t.timed_out
        };
        self.threads.borrow_mut()[me].timed = false;
        self.schedule.borrow_mut().begin(Turn { thread: me, by_time, overtakes: false });
        if task.as_mut().poll(context).is_ready() {
            self.ends(me);
        }
    }

    fn plan(&self, at: u64, what: What) {
        let order = self.planned.get();
        self.planned.set(order + 1);
        self.events.borrow_mut().push(Reverse((at, order, what)));
    }

    fn happens(&self, what: What) {
        match what {
            What::Worked(me, piece) => {
                let mut threads = self.threads.borrow_mut();
                let t = &mut threads[me];
                if t.piece == piece && t.is == Is::Running {
                    t.left = 0;
                    t.piece += 1;
                    self.resumed.borrow_mut().push(me);
                }
            }
            What::Arrived(me) => self.goes_on(me),
            What::Timed(me, sleep) => {
                let mut threads = self.threads.borrow_mut();
                let t = &mut threads[me];
                if t.sleep == sleep && t.is == Is::Blocked {
                    if self.waits_again(t) {
                        return;
                    }
                    t.timed_out = true;
                    t.sleep += 1;
                    drop(threads);
                    self.arrives_by_timer(me);
                }
            }
            What::Woken(me) => {
                self.wake(me);
            }
            What::Pushes(me, sleep) => self.pushes(me, sleep),
        }
    }
}
