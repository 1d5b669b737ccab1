//! A scheduler for real threads: one runs at a time, and the caller of [`Stage::go`] decides which.
//!
//! `sync` reports each operation of the lock to the [`Part`] of the thread that makes it; otherwise this file is independent of locks.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
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

#[derive(Debug, Default)]
struct Actor {
    asleep: bool,
    /// Whether its sleep may time out.
    timed: bool,
    /// Whether it is outside of the lock, where its choices are not compared.
    outside: bool,
    gone: bool,
    call: Option<Call>,
    /// The number of mutexes that it holds.
    holds: usize,
}

#[derive(Debug, Default)]
struct Now {
    /// Whose turn it is; `None` while the caller of [`Stage::go`] decides.
    running: Option<usize>,
    turn: Option<Turn>,
    /// Whether a thread that is outside comes back in this turn.
    comes_back: bool,
    /// Operations in this turn.
    length: usize,
    stopped: bool,
    actors: Vec<Actor>,
    /// Threads on the slow path of a semaphore.
    slow: usize,
    trail: Vec<(usize, Phase)>,
    operations: Vec<(usize, &'static str)>,
    letters: Vec<Turn>,
    broken: Option<String>,
}

/// The scheduler and the state of all threads.
#[derive(Debug)]
pub struct Stage {
    grain: Grain,
    now: Mutex<Now>,
    changed: Condvar,
}

/// The panic payload that ends the remaining threads when the replay ends.
struct Stopped;

impl Stage {
    pub fn new(threads: usize, grain: Grain) -> Arc<Stage> {
        let actors = (0..threads).map(|_| Actor::default()).collect();
        Arc::new(Stage { grain, now: Mutex::new(Now { actors, ..Now::default() }), changed: Condvar::new() })
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, now: MutexGuard<'a, Now>) -> MutexGuard<'a, Now> {
        self.changed.wait(now).unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs one thread's program, starting in its first turn.
    pub fn play(self: &Arc<Self>, number: usize, program: impl FnOnce(&Part)) {
        let part = Part { stage: Arc::clone(self), number };
        PART.set(Some(part.clone()));
        let end = catch_unwind(AssertUnwindSafe(|| {
            part.waits_for_its_turn(self.now());
            part.passes(false);
            program(&part);
        }));
        let mut now = self.now();
        now.actors[number].gone = true;
        if let Err(payload) = end
            && !payload.is::<Stopped>()
        {
            now.broken = Some(message(&*payload));
        }
        now.running = None;
        self.changed.notify_all();
    }

    /// Lets a thread run until its turn is over. `Err` says why it cannot, or what went wrong.
    pub fn go(&self, turn: Turn, comes_back: bool) -> Result<(), String> {
        let mut now = self.now();
        let actor = &mut now.actors[turn.thread];
        let can = if actor.asleep { turn.by_time && actor.timed } else { !turn.by_time || actor.outside };
        if actor.gone || !can {
            return Err(format!("{turn} is not possible"));
        }
        actor.asleep = false;
        (now.turn, now.comes_back, now.length, now.running) = (Some(turn), comes_back, 0, Some(turn.thread));
        self.changed.notify_all();
        while now.running.is_some() {
            now = self.wait(now);
        }
        now.broken.take().map_or(Ok(()), Err)
    }

    /// Which threads inside of the lock can go on, and how.
    pub fn choices(&self) -> Vec<Turn> {
        let now = self.now();
        let inside = now.actors.iter().enumerate().filter(|(_, a)| !a.gone && !a.outside && (!a.asleep || a.timed));
        inside.map(|(thread, a)| Turn { thread, by_time: a.asleep, overtakes: false }).collect()
    }

    /// The phases that threads reached since the last call.
    pub fn trail(&self) -> Vec<(usize, Phase)> {
        std::mem::take(&mut self.now().trail)
    }

    /// Whether a thread has ended.
    pub fn is_gone(&self, thread: usize) -> bool {
        self.now().actors[thread].gone
    }

    /// All operations, and a letter for each of loom's steps.
    pub fn operations(&self) -> (Vec<(usize, &'static str)>, Vec<Turn>) {
        let now = self.now();
        (now.operations.clone(), now.letters.clone())
    }

    /// Ends all threads.
    pub fn stop(&self) {
        self.now().stopped = true;
        self.changed.notify_all();
    }
}

fn message(payload: &(dyn Any + Send)) -> String {
    let words = payload.downcast_ref::<String>().cloned();
    words.or_else(|| payload.downcast_ref::<&str>().map(|s| s.to_string())).unwrap_or_else(|| "a panic".into())
}

thread_local! {
    static PART: RefCell<Option<Part>> = const { RefCell::new(None) };
}

/// The part of the calling thread; `None` if the scheduler does not control it, and then no other thread runs meanwhile.
pub fn part() -> Option<Part> {
    PART.with_borrow(Clone::clone).filter(|_| !thread::panicking())
}

/// The handle of one thread, through which it waits for its turns.
#[derive(Clone, Debug)]
pub struct Part {
    stage: Arc<Stage>,
    pub number: usize,
}

impl Part {
    fn me<T>(&self, look: impl FnOnce(&mut Actor) -> T) -> T {
        look(&mut self.stage.now().actors[self.number])
    }

    fn waits_for_its_turn(&self, mut now: MutexGuard<'_, Now>) {
        while now.running != Some(self.number) && !now.stopped {
            now = self.stage.wait(now);
        }
        let stopped = now.stopped;
        drop(now);
        if stopped {
            resume_unwind(Box::new(Stopped));
        }
    }

    fn ends_turn(&self) {
        let mut now = self.stage.now();
        now.running = None;
        self.stage.changed.notify_all();
        self.waits_for_its_turn(now);
    }

    /// Records a letter of the schedule in loom's steps.
    pub fn passes(&self, by_time: bool) {
        self.stage.now().letters.push(Turn { thread: self.number, by_time, overtakes: false });
    }

    /// Called before each operation, which is a step of its own for loom.
    pub fn operation(&self, what: &'static str) {
        if self.stage.grain == Grain::Operations {
            self.ends_turn();
        }
        self.passes(false);
        let mut now = self.stage.now();
        now.operations.push((self.number, what));
        now.length += 1;
        let too_long = now.length > MOST;
        drop(now);
        assert!(!too_long, "a turn that does not end");
    }

    /// The thread has done something that ends a turn of the simulator.
    pub fn pause(&self) {
        if self.stage.grain == Grain::Turns {
            self.ends_turn();
        }
    }

    /// The thread computes for a turn.
    pub fn computes(&self) {
        self.ends_turn();
        self.passes(false);
    }

    /// The thread is outside of the lock, for as many turns as that takes.
    pub fn is_outside(&self) {
        self.at(Phase::Outside);
        self.me(|me| me.outside = true);
        loop {
            self.ends_turn();
            if self.stage.now().comes_back {
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
        let by_time = self.stage.now().turn.is_some_and(|turn| turn.by_time);
        self.passes(by_time);
        by_time
    }

    /// Wakes a thread; if it was asleep, this ends the turn.
    pub fn wakes(&self, sleeper: usize) {
        if std::mem::replace(&mut self.stage.now().actors[sleeper].asleep, false) {
            self.pause();
        }
    }

    pub fn is_asleep(&self, other: usize) -> bool {
        self.stage.now().actors[other].asleep
    }

    /// Whether the schedule gives this turn's signal to the newest waiter.
    pub fn overtakes(&self) -> bool {
        self.stage.now().turn.is_some_and(|turn| turn.overtakes)
    }

    /// Records that the signal of this operation went to the newest waiter.
    pub fn overtook(&self) {
        if let Some(last) = self.stage.now().letters.last_mut() {
            last.overtakes = true;
        }
    }

    pub fn at(&self, place: Phase) {
        self.stage.now().trail.push((self.number, place));
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
        let slow = &mut self.stage.now().slow;
        if more { *slow += 1 } else { *slow -= 1 }
    }

    /// Whether any thread is on the slow path of a semaphore.
    pub fn is_wanted(&self) -> bool {
        self.stage.now().slow > 0
    }

    /// The thread has locked or unlocked a mutex.
    pub fn holds(&self, more: bool) {
        self.me(|me| if more { me.holds += 1 } else { me.holds -= 1 });
    }

    pub fn held(&self) -> usize {
        self.me(|me| me.holds)
    }
}
