//! A scheduler for real threads: one runs at a time, and the caller of [`Scheduler::go`] decides which.
//!
//! `sync` reports each operation of the lock to the [`ThreadHandle`] of the thread that makes it; otherwise this file is independent of locks.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use gil_sim::sim::{Phase, Turn};

/// The most operations in one turn; with more, the turn is taken for an endless loop.
const MOST: usize = 1000;

/// What a letter of the schedule stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// A turn of the simulator: all that a thread does until it sleeps, has woken a thread, has asked, or has computed.
    Turns,
    /// A step of loom: one operation.
    Operations,
}

/// Which function of the lock a thread is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// `take_gil`.
    Take,
    /// `drop_gil`.
    Release,
}

/// A place in the source of the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    pub file: &'static str,
    /// From 1 on.
    pub line: u32,
    /// A guard is dropped: the line is the one that made it.
    pub drops: bool,
}

impl Spot {
    /// Where a function with `#[track_caller]` was called.
    pub fn at(place: &'static Location<'static>, drops: bool) -> Spot {
        Spot { file: place.file(), line: place.line(), drops }
    }
}

#[derive(Debug, Default)]
struct ThreadState {
    asleep: bool,
    /// Whether its sleep may time out.
    timed: bool,
    /// Whether it is outside of the lock, where its choices are not compared.
    outside: bool,
    ended: bool,
    call: Option<Call>,
    /// The number of mutexes that it holds.
    holds: usize,
    /// The operation that it makes next, where each operation is a turn.
    next: Option<&'static str>,
    /// Where that operation is, or the last one; `None` outside of the lock.
    spot: Option<Spot>,
}

/// Where a thread is between two turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Ended,
    /// Until another thread wakes it, or also until its time is over.
    Asleep {
        timed: bool,
    },
    /// It can go on; where each operation is a turn, with this one.
    Ready {
        next: Option<&'static str>,
    },
}

#[derive(Debug, Default)]
struct State {
    /// Whose turn it is; `None` while the caller of [`Scheduler::go`] decides.
    running: Option<usize>,
    turn: Option<Turn>,
    /// Whether a thread that is outside comes back in this turn.
    comes_back: bool,
    /// Operations in this turn.
    length: usize,
    stopped: bool,
    threads: Vec<ThreadState>,
    /// Threads on the slow path of a semaphore.
    slow: usize,
    trail: Vec<(usize, Phase)>,
    operations: Vec<(usize, &'static str)>,
    /// Where each of them is.
    spots: Vec<Spot>,
    letters: Vec<Turn>,
    broken: Option<String>,
}

/// The scheduler and the state of all threads.
#[derive(Debug)]
pub struct Scheduler {
    grain: Grain,
    state: Mutex<State>,
    changed: Condvar,
}

/// The panic payload that ends the remaining threads when the replay ends.
struct Stopped;

impl Scheduler {
    pub fn new(threads: usize, grain: Grain) -> Arc<Scheduler> {
        let threads = (0..threads).map(|_| ThreadState::default()).collect();
        Arc::new(Scheduler { grain, state: Mutex::new(State { threads, ..State::default() }), changed: Condvar::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs one thread's program, starting in its first turn.
    pub fn run(self: &Arc<Self>, number: usize, program: impl FnOnce(&ThreadHandle)) {
        let handle = ThreadHandle { scheduler: Arc::clone(self), number };
        HANDLE.set(Some(handle.clone()));
        let end = catch_unwind(AssertUnwindSafe(|| {
            handle.waits_for_its_turn(self.state());
            handle.passes(false);
            program(&handle);
        }));
        let mut state = self.state();
        state.threads[number].ended = true;
        state.threads[number].spot = None;
        if let Err(payload) = end
            && !payload.is::<Stopped>()
        {
            state.broken = Some(message(&*payload));
        }
        state.running = None;
        self.changed.notify_all();
    }

    /// Lets a thread run until its turn is over. `Err` says why it cannot, or what went wrong.
    pub fn go(&self, turn: Turn, comes_back: bool) -> Result<(), String> {
        let mut state = self.state();
        let thread = &mut state.threads[turn.thread];
        let can = if thread.asleep { turn.by_time && thread.timed } else { !turn.by_time || thread.outside };
        if thread.ended || !can {
            return Err(format!("{turn} is not possible"));
        }
        thread.asleep = false;
        (state.turn, state.comes_back, state.length, state.running) = (Some(turn), comes_back, 0, Some(turn.thread));
        self.changed.notify_all();
        while state.running.is_some() {
            state = self.wait(state);
        }
        state.broken.take().map_or(Ok(()), Err)
    }

    /// Which threads inside of the lock can go on, and how.
    pub fn choices(&self) -> Vec<Turn> {
        let state = self.state();
        let inside = state.threads.iter().enumerate().filter(|(_, a)| !a.ended && !a.outside && (!a.asleep || a.timed));
        inside.map(|(thread, a)| Turn { thread, by_time: a.asleep, overtakes: false }).collect()
    }

    /// Where a thread is.
    pub fn place(&self, thread: usize) -> Place {
        match &self.state().threads[thread] {
            ThreadState { ended: true, .. } => Place::Ended,
            ThreadState { asleep: true, timed, .. } => Place::Asleep { timed: *timed },
            ThreadState { next, .. } => Place::Ready { next: *next },
        }
    }

    /// Where in the source a thread is; `None` outside of the lock.
    pub fn spot(&self, thread: usize) -> Option<Spot> {
        self.state().threads[thread].spot
    }

    /// Where the operations are, from the one with this number on.
    pub fn spots(&self, from: usize) -> Vec<Spot> {
        self.state().spots[from..].to_vec()
    }

    /// The phases that threads reached since the last call.
    pub fn trail(&self) -> Vec<(usize, Phase)> {
        std::mem::take(&mut self.state().trail)
    }

    /// Whether a thread has ended.
    pub fn has_ended(&self, thread: usize) -> bool {
        self.state().threads[thread].ended
    }

    /// All operations, and a letter for each of loom's steps.
    pub fn operations(&self) -> (Vec<(usize, &'static str)>, Vec<Turn>) {
        let state = self.state();
        (state.operations.clone(), state.letters.clone())
    }

    /// Ends all threads.
    pub fn stop(&self) {
        self.state().stopped = true;
        self.changed.notify_all();
    }
}

fn message(payload: &(dyn Any + Send)) -> String {
    let words = payload.downcast_ref::<String>().cloned();
    words.or_else(|| payload.downcast_ref::<&str>().map(|s| s.to_string())).unwrap_or_else(|| "a panic".into())
}

thread_local! {
    static HANDLE: RefCell<Option<ThreadHandle>> = const { RefCell::new(None) };
}

/// The handle of the calling thread; `None` if the scheduler does not control it, and then no other thread runs meanwhile.
pub fn current_thread() -> Option<ThreadHandle> {
    HANDLE.with_borrow(Clone::clone).filter(|_| !thread::panicking())
}

/// The handle of one thread, through which it waits for its turns.
#[derive(Clone, Debug)]
pub struct ThreadHandle {
    scheduler: Arc<Scheduler>,
    pub number: usize,
}

impl ThreadHandle {
    fn me<T>(&self, look: impl FnOnce(&mut ThreadState) -> T) -> T {
        look(&mut self.scheduler.state().threads[self.number])
    }

    fn waits_for_its_turn(&self, mut state: MutexGuard<'_, State>) {
        while state.running != Some(self.number) && !state.stopped {
            state = self.scheduler.wait(state);
        }
        let stopped = state.stopped;
        drop(state);
        if stopped {
            resume_unwind(Box::new(Stopped));
        }
    }

    fn ends_turn(&self) {
        let mut state = self.scheduler.state();
        state.running = None;
        self.scheduler.changed.notify_all();
        self.waits_for_its_turn(state);
    }

    /// Records a letter of the schedule in loom's steps.
    pub fn passes(&self, by_time: bool) {
        self.scheduler.state().letters.push(Turn { thread: self.number, by_time, overtakes: false });
    }

    /// Called before each operation, which is a step of its own for loom.
    #[track_caller]
    pub fn operation(&self, what: &'static str) {
        self.operation_at(what, Spot::at(Location::caller(), false));
    }

    /// The same for an operation of which the caller knows where it is.
    pub fn operation_at(&self, what: &'static str, spot: Spot) {
        self.me(|me| me.spot = Some(spot));
        if self.scheduler.grain == Grain::Operations {
            self.me(|me| me.next = Some(what));
            self.ends_turn();
            self.me(|me| me.next = None);
        }
        self.passes(false);
        let mut state = self.scheduler.state();
        state.operations.push((self.number, what));
        state.spots.push(spot);
        state.length += 1;
        let too_long = state.length > MOST;
        drop(state);
        assert!(!too_long, "a turn that does not end");
    }

    /// The thread has done something that ends a turn of the simulator.
    pub fn pause(&self) {
        if self.scheduler.grain == Grain::Turns {
            self.ends_turn();
        }
    }

    /// The thread computes for a turn.
    pub fn computes(&self) {
        self.me(|me| me.spot = None);
        self.ends_turn();
        self.passes(false);
    }

    /// The thread is outside of the lock, for as many turns as that takes.
    pub fn is_outside(&self) {
        self.at(Phase::Outside);
        self.me(|me| me.outside = true);
        loop {
            self.ends_turn();
            if self.scheduler.state().comes_back {
                break;
            }
        }
        self.me(|me| me.outside = false);
        self.passes(false);
    }

    /// Sleeps until woken. Returns whether the sleep timed out.
    pub fn sleeps(&self, timed: bool) -> bool {
        self.me(|me| (me.asleep, me.timed) = (true, timed));
        self.ends_turn();
        let by_time = self.scheduler.state().turn.is_some_and(|turn| turn.by_time);
        self.passes(by_time);
        by_time
    }

    /// Wakes a thread; if it was asleep, this ends the turn.
    pub fn wakes(&self, sleeper: usize) {
        if std::mem::replace(&mut self.scheduler.state().threads[sleeper].asleep, false) {
            self.pause();
        }
    }

    pub fn is_asleep(&self, other: usize) -> bool {
        self.scheduler.state().threads[other].asleep
    }

    /// Whether the schedule gives this turn's signal to the newest waiter.
    pub fn overtakes(&self) -> bool {
        self.scheduler.state().turn.is_some_and(|turn| turn.overtakes)
    }

    /// Records that the signal of this operation went to the newest waiter.
    pub fn overtook(&self) {
        if let Some(last) = self.scheduler.state().letters.last_mut() {
            last.overtakes = true;
        }
    }

    /// How many phases and operations of all threads there are so far: of phases, since [`Scheduler::trail`].
    pub fn reached(&self) -> (usize, usize) {
        let state = self.scheduler.state();
        (state.trail.len(), state.operations.len())
    }

    pub fn at(&self, phase: Phase) {
        self.scheduler.state().trail.push((self.number, phase));
    }

    /// The thread enters a function of the lock.
    pub fn calls(&self, call: Call) {
        self.me(|me| me.call = Some(call));
    }

    pub fn call(&self) -> Option<Call> {
        self.me(|me| me.call)
    }

    /// The thread enters or leaves the slow path of a semaphore.
    pub fn is_slow(&self, more: bool) {
        let slow = &mut self.scheduler.state().slow;
        if more { *slow += 1 } else { *slow -= 1 }
    }

    /// Whether any thread is on the slow path of a semaphore.
    pub fn is_wanted(&self) -> bool {
        self.scheduler.state().slow > 0
    }

    /// The thread has locked or unlocked a mutex.
    pub fn holds(&self, more: bool) {
        self.me(|me| if more { me.holds += 1 } else { me.holds -= 1 });
    }

    pub fn held(&self) -> usize {
        self.me(|me| me.holds)
    }
}
