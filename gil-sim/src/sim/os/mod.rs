//! The operating system in virtual time: cores, threads, a run queue, sleeping and waking.
//!
//! A simulated thread is a future. It runs until it awaits something that takes time; then the next event is taken from the
//! heap, the clock jumps to it, and the thread that it concerns goes on. Nothing here knows of a GIL.

mod awaits;
mod cores;

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Waker};

use super::lanes::Lanes;
use super::machine::{Curve, Machine};
use super::rng::Rng;
use super::schedule::{Schedule, Turn};
use super::sync::{Condvar, Mutex};

/// A thread, by its number.
pub type Tid = usize;

/// What happens next, and when. Ordered by time, then by the order in which it was planned.
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Is {
    /// On a core.
    Running,
    /// On its way to a core that is kept for it.
    Arriving,
    /// Waiting for a core.
    Queued,
    /// Asleep.
    Blocked,
    /// Finished.
    Gone,
}

/// The paths through the system, and through Python, that may be cold.
#[derive(Clone, Copy, Debug)]
pub enum Path {
    /// Waking somebody.
    Signal,
    /// Sending.
    Send,
    /// Receiving.
    Receive,
    /// Python between receiving and sending.
    BeforeSend,
    /// Python between sending and receiving.
    BeforeReceive,
}

/// Where in the protocol a thread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Not yet anywhere.
    Begins,
    /// About to take the GIL.
    Wants,
    /// In a timed wait for the GIL.
    Waits,
    /// Has asked the holder to let go, and is about to wait again.
    Asked,
    /// Has taken the GIL, and tells whoever let it go.
    Took,
    /// Holds the GIL and computes.
    Computes,
    /// Has let the GIL go, and wakes a waiter.
    Freed,
    /// Was asked, and waits until somebody has taken the GIL.
    Forced,
    /// Without the GIL: outside.
    Outside,
    /// Done.
    Done,
}

#[derive(Debug)]
struct Thread {
    number: Tid,
    is: Is,
    core: usize,
    /// Counts pieces of work, so that an event for an older one is known as such.
    piece: u32,
    /// Counts sleeps, likewise.
    sleep: u32,
    /// Work still to do, and since when it is being done.
    left: u64,
    since: u64,
    /// Whether somebody may interrupt the present piece of work, and whether somebody has.
    interruptible: bool,
    interrupted: bool,
    /// Whether the last sleep ended by its time.
    timed_out: bool,
    /// Whether the present sleep may end by its time.
    timed: bool,
    /// What it is doing, for those who look.
    place: Place,
    /// What makes it wait anew when its time is up.
    renewal: Option<Renewal>,
}

impl Thread {
    /// Its time is up, but it has had no core since: until it has, it can be signalled, and then that is how its wait ended.
    fn is_late(&self) -> bool {
        self.timed && self.timed_out && matches!(self.is, Is::Queued | Is::Arriving)
    }

    /// Whether a signal ends its sleep.
    fn can_be_woken(&self) -> bool {
        self.is == Is::Blocked || self.is_late()
    }
}

/// A timed wait that begins anew when its time is up and a number has changed since it began. What the thread itself would do
/// is done in its place: with many waiters that is most of what happens.
#[derive(Clone, Debug)]
pub struct Renewal {
    /// The number.
    pub watched: Rc<Cell<u64>>,
    /// What it was when the wait began.
    pub saved: u64,
    /// Whether there is still something to wait for; if not, the thread sees to that itself.
    pub locked: Rc<Cell<bool>>,
    /// Where the thread waits, at the end of the queue again.
    pub queue: Rc<Condvar>,
    /// Which it would have to take; if that is not free, it does so itself.
    pub mutex: Rc<Mutex>,
    /// How long it waits, in ns.
    pub length: u64,
}

#[derive(Clone, Debug)]
struct Core {
    thread: Option<Tid>,
    idle_since: u64,
    /// How cold each [`Path`] is here, in ns of idleness since it was last taken.
    cold: [u64; 5],
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
    /// Who came to which place in this turn, one after another, where somebody else decides.
    pub trail: RefCell<Vec<(Tid, Place)>>,
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
            trail: RefCell::default(),
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
        threads.push(Thread {
            number,
            is: Is::Blocked,
            core: 0,
            piece: 0,
            sleep: 0,
            left: 0,
            since: 0,
            interruptible: false,
            interrupted: false,
            timed_out: false,
            timed: false,
            place: Place::Begins,
            renewal: None,
        });
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

    /// Lets one thread go on to where it waits next, if it can. Of a [`Os::manual`] system.
    pub fn step(&self, turn: Turn, tasks: &mut [Task]) -> bool {
        let me = turn.thread;
        if !self.can(turn) {
            return false;
        }
        {
            let t = &mut self.threads.borrow_mut()[me];
            t.timed_out = turn.by_time;
            t.is = Is::Running;
            if !t.interrupted {
                t.left = 0;
            }
        }
        self.overtake.set(turn.overtakes);
        self.trail.borrow_mut().clear();
        self.now.set(self.now() + 1000);
        self.goes(me, &mut tasks[me], &mut Context::from_waker(Waker::noop()));
        self.overtake.set(false);
        true
    }

    /// Whether a thread can go on so: it is not asleep, or its wait may end by its time.
    pub fn can(&self, turn: Turn) -> bool {
        match self.threads.borrow().get(turn.thread) {
            Some(t) if t.is == Is::Running => !turn.by_time,
            Some(t) if t.is == Is::Blocked => turn.by_time && t.timed,
            _ => false,
        }
    }

    /// Where a thread is.
    pub fn place(&self, me: Tid) -> Place {
        self.threads.borrow()[me].place
    }

    /// From now on the thread is at this place.
    pub fn at(&self, me: Tid, place: Place) {
        self.threads.borrow_mut()[me].place = place;
        if self.manual {
            self.trail.borrow_mut().push((me, place));
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
                    if self.renews(t) {
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
