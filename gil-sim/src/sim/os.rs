//! The operating system in virtual time: cores, threads, a run queue, sleeping and waking.
//!
//! A simulated thread is a future. It runs until it awaits something that takes time; then the next event is taken from the
//! heap, the clock jumps to it, and the thread that it concerns goes on. Nothing here knows of a GIL.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use lab::trace::State;

use super::lanes::Lanes;
use super::machine::{Curve, Machine, Pairs};
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

    // ---- sleeping and waking

    /// Wakes a sleeper, from outside or by another thread. It runs after the machine's latency, or when a core is free. What
    /// that costs the one who wakes it.
    pub fn wake(&self, me: Tid) -> u64 {
        self.wakes(me, None)
    }

    /// With a latency and a cost drawn from these after a wait of so many ns, instead of the usual ones.
    fn wakes(&self, me: Tid, drawn: Option<(&Pairs, u64)>) -> u64 {
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
            let (pairs, slept) = drawn.unwrap_or((&self.machine.wake, idle));
            let (latency, cost) = pairs.draw(slept, &mut self.rng.borrow_mut());
            // One that comes back turns round where it is; another one has to be put in its place.
            let latency = if core == home { latency } else { latency.max(self.machine.dispatch) };
            self.plan(self.now() + latency, What::Arrived(me));
            cost
        } else {
            self.queues(t);
            self.machine.enqueue
        }
    }

    /// The end of a timed wait: the latency of the timer has its wake-up in it.
    fn arrives_by_timer(&self, me: Tid) {
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

    /// Whether a thread whose time is up waits anew at once; then that is done.
    fn renews(&self, t: &mut Thread) -> bool {
        let (home, me) = (t.core, t.number);
        let Some(renewal) = &mut t.renewal else { return false };
        if !renewal.locked.get() || renewal.watched.get() == renewal.saved || renewal.mutex.is_locked() {
            return false;
        }
        let Some((core, _)) = self.idle_core(home) else { return false };
        renewal.saved = renewal.watched.get();
        let length = renewal.length;
        renewal.queue.joins(self, me, length);
        t.sleep += 1;
        let sleep = t.sleep;
        self.occupies(core, t);
        t.is = Is::Blocked;
        {
            let c = &mut self.cores.borrow_mut()[core];
            (c.thread, c.idle_since) = (None, self.now());
        }
        self.schedule.borrow_mut().begin(Turn { thread: me, by_time: true, overtakes: false });
        let late = self.draw(&self.machine.late, length);
        self.plan(self.now() + length + late, What::Timed(me, sleep));
        true
    }

    fn queues(&self, t: &mut Thread) {
        t.is = Is::Queued;
        self.queue.borrow_mut().push_back(t.number);
        if let Some(queued) = &self.machine.queued {
            let patience = self.draw(queued, 1);
            self.plan(self.now() + patience, What::Pushes(t.number, t.sleep));
        }
    }

    /// A thread takes an idle core: whatever it did not do since is as cold as the core's idleness was long.
    fn occupies(&self, core: usize, t: &mut Thread) {
        let c = &mut self.cores.borrow_mut()[core];
        c.thread = Some(t.number);
        let idle = self.now().saturating_sub(c.idle_since);
        t.is = Is::Arriving;
        t.core = core;
        c.cold.iter_mut().for_each(|cold| *cold = idle.max(*cold));
    }

    /// How cold a path is that the thread now takes, as the ns of idleness since it took it last; it is warm afterwards.
    pub fn cold(&self, me: Tid, path: Path) -> u64 {
        let core = self.threads.borrow()[me].core;
        std::mem::replace(&mut self.cores.borrow_mut()[core].cold[path as usize], 1)
    }

    /// What a `send` that wakes nobody, or a `recv` that finds its message, takes the thread now.
    pub fn talk(&self, me: Tid, path: Path) -> u64 {
        let m = &self.machine;
        let (other, alone, after) = match path {
            Path::Send => (Path::Receive, &m.send, &m.send_after),
            _ => (Path::Send, &m.receive, &m.receive_after),
        };
        let other_warm = {
            let cores = self.cores.borrow();
            let core = &cores[self.threads.borrow()[me].core];
            core.cold[other as usize] < core.cold[path as usize]
        };
        self.draw(if other_warm { after } else { alone }, self.cold(me, path))
    }

    /// An idle core, rather the one the thread ran on last, and how long it has been idle.
    fn idle_core(&self, home: usize) -> Option<(usize, u64)> {
        let cores = self.cores.borrow();
        let idle = |core: usize| {
            cores[core].thread.is_none().then(|| (core, self.now().saturating_sub(cores[core].idle_since)))
        };
        idle(home).or_else(|| (0..cores.len()).find_map(idle))
    }

    /// A thread is on its core and goes on: with what is left of its work, or with its program.
    fn goes_on(&self, me: Tid) {
        let mut threads = self.threads.borrow_mut();
        let t = &mut threads[me];
        t.is = Is::Running;
        if t.left > 0 && !t.interrupted {
            t.since = self.now();
            self.plan(t.since + t.left, What::Worked(me, t.piece));
        } else {
            self.resumed.borrow_mut().push(me);
        }
    }

    /// Gives the core to the next in the queue, or leaves it idle.
    fn leaves_core(&self, core: usize) {
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

    /// A thread has waited for a core for so long that the system takes one from whoever has run longest.
    fn pushes(&self, me: Tid, sleep: u32) {
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

    fn ends(&self, me: Tid) {
        let core = {
            let mut threads = self.threads.borrow_mut();
            threads[me].is = Is::Gone;
            threads[me].place = Place::Done;
            threads[me].core
        };
        self.lanes.borrow_mut().leave(me, self.now());
        if self.manual {
            return;
        }
        self.leaves_core(core);
    }

    // ---- what a thread awaits

    /// From now on the thread is in this state.
    pub fn enter(&self, me: Tid, state: State) {
        self.lanes.borrow_mut().enter(me, state, self.now());
    }

    /// Works for so long.
    pub async fn work(&self, me: Tid, ns: u64) {
        if self.begin(me, ns, false) > 0 {
            Once::default().await;
        }
    }

    /// Works for so long, or until [`Os::interrupt`]; returns what is left to do.
    pub async fn work_until(&self, me: Tid, ns: u64) -> u64 {
        if self.begin(me, ns, true) > 0 {
            Once::default().await;
        }
        let mut threads = self.threads.borrow_mut();
        let t = &mut threads[me];
        (t.interruptible, t.interrupted) = (false, false);
        std::mem::take(&mut t.left)
    }

    fn begin(&self, me: Tid, ns: u64, interruptible: bool) -> u64 {
        let mut threads = self.threads.borrow_mut();
        let t = &mut threads[me];
        t.left = ns;
        t.since = self.now();
        t.interruptible = interruptible;
        if t.left > 0 && !self.manual {
            self.plan(t.since + t.left, What::Worked(me, t.piece));
        }
        t.left
    }

    /// Tells a thread that works until interrupted. It goes on where it is: on its core now, or when it has one.
    pub fn interrupt(&self, me: Tid) {
        let mut threads = self.threads.borrow_mut();
        let t = &mut threads[me];
        if !t.interruptible || t.left == 0 {
            return;
        }
        (t.interruptible, t.interrupted) = (false, true);
        if t.is == Is::Running && !self.manual {
            t.left = (t.since + t.left).saturating_sub(self.now());
            t.piece += 1;
            self.resumed.borrow_mut().push(me);
        }
    }

    /// Wakes another thread, which costs the caller something if that one sleeps.
    pub async fn signal(&self, me: Tid, sleeper: Tid) {
        if self.threads.borrow()[sleeper].can_be_woken() {
            /// Cheaper than this, and no interrupt was sent to another core.
            const INTERRUPT: u64 = 4000;
            let cold = self.draw(&self.machine.cold_signal, self.cold(me, Path::Signal));
            let cost = self.wake(sleeper);
            // Most of what is cold lies on the way of the interrupt.
            self.work(me, cost + if cost < INTERRUPT { cold / 6 } else { cold }).await;
        }
    }

    /// The same, and begins anew as the renewal says; whether the time was up, and what the number was when the last wait began.
    pub async fn sleep_renewing(&self, me: Tid, renewal: Renewal) -> (bool, u64) {
        let length = renewal.length;
        self.threads.borrow_mut()[me].renewal = Some(renewal);
        let timed_out = self.sleep_at_most(me, length).await;
        let renewal = self.threads.borrow_mut()[me].renewal.take();
        (timed_out, renewal.map_or(0, |renewal| renewal.saved))
    }

    /// Whether a thread that began to wait `age` ns ago, after it had waited for `length` ns, takes a signal before it sleeps: a
    /// throw of the dice.
    pub fn turns_round(&self, me: Tid, length: u64, age: u64) -> bool {
        let turns = match self.threads.borrow()[me].is {
            Is::Running => return true,
            Is::Blocked if self.manual => self.overtake.get(),
            Is::Blocked => match self.machine.steals.share(length, age) {
                share if share > 0.0 => self.rng.borrow_mut().unit() < share,
                _ => false,
            },
            _ => false,
        };
        if turns {
            self.schedule.borrow_mut().overtakes();
        }
        turns
    }

    /// Signals a sleeper who takes not the usual latency, but one of these, after a wait of `length` ns.
    pub async fn signal_drawn(&self, me: Tid, sleeper: Tid, pairs: &Pairs, length: u64) {
        if self.threads.borrow()[sleeper].can_be_woken() {
            let cost = self.wakes(sleeper, Some((pairs, length)));
            self.work(me, cost).await;
        }
    }

    /// Sleeps until woken.
    pub async fn sleep(&self, me: Tid) {
        self.falls_asleep(me);
        Once::default().await;
    }

    /// Sleeps until woken, at most so long; whether the time was up.
    pub async fn sleep_at_most(&self, me: Tid, ns: u64) -> bool {
        let sleep = {
            let t = &mut self.threads.borrow_mut()[me];
            t.timed = true;
            t.sleep
        };
        if !self.manual {
            let late = self.draw(&self.machine.late, ns);
            self.plan(self.now() + ns + late, What::Timed(me, sleep));
        }
        self.sleep(me).await;
        self.threads.borrow()[me].timed_out
    }

    fn falls_asleep(&self, me: Tid) {
        let core = {
            let mut threads = self.threads.borrow_mut();
            threads[me].is = Is::Blocked;
            threads[me].core
        };
        if self.manual {
            return;
        }
        self.leaves_core(core);
    }
}

/// Pending once, then ready: the thread that awaits it goes on when the system resumes it.
#[derive(Default)]
struct Once(bool);

impl Future for Once {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}
