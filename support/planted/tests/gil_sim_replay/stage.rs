//! Threads of the system of which one at a time goes on, and whoever has the schedule says which.
//!
//! `sync` tells each operation of the lock to the [`Part`] of the thread that makes it; this file knows nothing of locks but that.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use gil_sim::sim::{Phase, Turn};

/// Operations in one turn; a thread that makes more will never end it.
const MOST: usize = 1000;

/// How much a letter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// The simulator's: all that a thread does until it sleeps, has woken somebody, has asked, or has computed.
    Turns,
    /// loom's: one operation.
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
    /// Whether its sleep may end by its time.
    timed: bool,
    /// Without the lock: what it does there is not ours.
    outside: bool,
    gone: bool,
    call: Option<Call>,
    /// Mutexes that it has.
    holds: usize,
}

#[derive(Debug, Default)]
struct Now {
    /// Whose turn it is; None: that of the one with the schedule.
    running: Option<usize>,
    turn: Option<Turn>,
    /// Whether a thread that is outside comes back in this turn.
    comes_back: bool,
    /// Operations in this turn.
    length: usize,
    stopped: bool,
    actors: Vec<Actor>,
    /// Threads that have found a semaphore at nought.
    slow: usize,
    trail: Vec<(usize, Phase)>,
    operations: Vec<(usize, &'static str)>,
    letters: Vec<Turn>,
    broken: Option<String>,
}

/// Where the threads are.
#[derive(Debug)]
pub struct Stage {
    grain: Grain,
    now: Mutex<Now>,
    changed: Condvar,
}

/// The end of the replay unwinds whoever has not come to an end.
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

    /// Plays one thread's program, from its first turn on.
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
            now.broken = Some(said(&*payload));
        }
        now.running = None;
        self.changed.notify_all();
    }

    /// Lets a thread go on until its turn is over; why not, or what went wrong.
    pub fn go(&self, turn: Turn, comes_back: bool) -> Result<(), String> {
        let mut now = self.now();
        let actor = &mut now.actors[turn.thread];
        let can = if actor.asleep { turn.by_time && actor.timed } else { !turn.by_time || actor.outside };
        if actor.gone || !can {
            return Err(format!("{turn} cannot be had"));
        }
        actor.asleep = false;
        (now.turn, now.comes_back, now.length, now.running) = (Some(turn), comes_back, 0, Some(turn.thread));
        self.changed.notify_all();
        while now.running.is_some() {
            now = self.wait(now);
        }
        now.broken.take().map_or(Ok(()), Err)
    }

    /// Who can go on inside of the lock, and how.
    pub fn choices(&self) -> Vec<Turn> {
        let now = self.now();
        let inside = now.actors.iter().enumerate().filter(|(_, a)| !a.gone && !a.outside && (!a.asleep || a.timed));
        inside.map(|(thread, a)| Turn { thread, by_time: a.asleep, overtakes: false }).collect()
    }

    /// Where threads came since the last call.
    pub fn trail(&self) -> Vec<(usize, Phase)> {
        std::mem::take(&mut self.now().trail)
    }

    /// Whether a thread has come to its end.
    pub fn is_gone(&self, thread: usize) -> bool {
        self.now().actors[thread].gone
    }

    /// What was done, and a letter for each time that a thread went on by loom's measure.
    pub fn operations(&self) -> (Vec<(usize, &'static str)>, Vec<Turn>) {
        let now = self.now();
        (now.operations.clone(), now.letters.clone())
    }

    /// Ends it for all.
    pub fn stop(&self) {
        self.now().stopped = true;
        self.changed.notify_all();
    }
}

fn said(payload: &(dyn Any + Send)) -> String {
    let words = payload.downcast_ref::<String>().cloned();
    words.or_else(|| payload.downcast_ref::<&str>().map(|s| s.to_string())).unwrap_or_else(|| "a panic".into())
}

thread_local! {
    static PART: RefCell<Option<Part>> = const { RefCell::new(None) };
}

/// What the calling thread plays; None: it only looks on, and nobody else runs meanwhile.
pub fn part() -> Option<Part> {
    PART.with_borrow(Clone::clone).filter(|_| !thread::panicking())
}

/// One thread's part.
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

    /// Writes a letter of the finer schedule: here a thread goes on in both.
    pub fn passes(&self, by_time: bool) {
        self.stage.now().letters.push(Turn { thread: self.number, by_time, overtakes: false });
    }

    /// Before each operation: a turn of its own by loom's measure.
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

    /// The thread has done something after which another may come between, by the simulator's measure.
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

    /// It does something outside, for as many turns as it takes there.
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

    /// Sleeps until woken; whether it was by its time.
    pub fn sleeps(&self, timed: bool) -> bool {
        self.me(|me| (me.asleep, me.timed) = (true, timed));
        self.ends_turn();
        let by_time = self.stage.now().turn.is_some_and(|turn| turn.by_time);
        self.passes(by_time);
        by_time
    }

    /// Wakes a thread; a turn ends with that if it was asleep.
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

    /// This operation's signal did go to the newest.
    pub fn overtook(&self) {
        if let Some(last) = self.stage.now().letters.last_mut() {
            last.overtakes = true;
        }
    }

    pub fn at(&self, place: Phase) {
        self.stage.now().trail.push((self.number, place));
    }

    /// It enters a function of the lock.
    pub fn calls(&self, call: Call) {
        self.me(|me| me.call = Some(call));
    }

    pub fn call(&self) -> Option<Call> {
        self.me(|me| me.call)
    }

    /// It has found a semaphore at nought, or has had it since.
    pub fn is_slow(&self, more: bool) {
        let slow = &mut self.stage.now().slow;
        if more { *slow += 1 } else { *slow -= 1 }
    }

    /// Whether anybody has.
    pub fn is_wanted(&self) -> bool {
        self.stage.now().slow > 0
    }

    /// It has one mutex more, or less.
    pub fn holds(&self, more: bool) {
        self.me(|me| if more { me.holds += 1 } else { me.holds -= 1 });
    }

    pub fn held(&self) -> usize {
        self.me(|me| me.holds)
    }
}
