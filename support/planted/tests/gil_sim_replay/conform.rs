//! The same schedule in the simulator and in a lock of `src/lock`, turn by turn.

use std::thread;

use gil_sim::sim::{Phase, Schedule, Setup, Stepper, Turn};

use crate::lock::{Lock, ThreadId};
use crate::program::Program;
use crate::scheduler::{Grain, Scheduler};

/// The phases that threads reached, in order.
pub type Trail = Vec<(usize, Phase)>;

/// The result of a replay.
#[derive(Debug, PartialEq)]
pub struct Replayed {
    pub trail: Trail,
    /// Which thread made which operation, in order.
    pub operations: Vec<(usize, &'static str)>,
    /// The schedule in loom's steps: a letter each time that a thread goes on.
    pub letters: Vec<Turn>,
}

fn threads(setup: &Setup) -> usize {
    setup.groups.iter().map(|group| group.count).sum()
}

/// Runs the threads of a setup with this lock; `conduct` decides who goes on.
fn with_scheduler<L: Lock, T>(setup: &Setup, lock: &L, grain: Grain, conduct: impl FnOnce(&Scheduler) -> T) -> T {
    let scheduler = Scheduler::new(threads(setup), grain);
    thread::scope(|scope| {
        let groups = setup.groups.iter().flat_map(|group| std::iter::repeat_n(group, group.count));
        for (number, group) in groups.enumerate() {
            let scheduler = &scheduler;
            scope.spawn(move || scheduler.run(number, |handle| Program { lock, handle, setup }.run(group)));
        }
        // Stops the threads also if `conduct` panics; otherwise the scope would wait for ever.
        let _end = End(&scheduler);
        conduct(&scheduler)
    })
}

struct End<'a>(&'a Scheduler);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Replays a schedule of the simulator in the lock. `Err` is the first difference.
pub fn conform<L: Lock>(setup: &Setup, lock: &L, schedule: &Schedule) -> Result<Replayed, String> {
    with_scheduler(setup, lock, Grain::Turns, |scheduler| {
        let mut both =
            Both { stepper: Stepper::new(setup), scheduler, lock, threads: threads(setup), trail: Vec::new() };
        for (i, turn) in schedule.turns().iter().enumerate() {
            both.go(*turn).map_err(|what| format!("turn {} ({turn}) of {schedule}: {what}", i + 1))?;
        }
        both.end()?;
        let (operations, letters) = scheduler.operations();
        Ok(Replayed { trail: both.trail, operations, letters })
    })
}

struct Both<'a, L> {
    stepper: Stepper,
    scheduler: &'a Scheduler,
    lock: &'a L,
    threads: usize,
    trail: Trail,
}

impl<L: Lock> Both<'_, L> {
    fn go(&mut self, turn: Turn) -> Result<(), String> {
        assert!(self.stepper.go(turn), "the simulator itself refuses {turn}");
        if turn.thread >= self.threads {
            return Ok(()); // a peer process does not use the lock
        }
        let simulated = &self.stepper.trail()[..];
        let comes_back = simulated.iter().any(|(_, place)| matches!(place, Phase::Wants | Phase::Computes));
        self.scheduler.go(turn, comes_back)?;
        let shipped = self.scheduler.trail();
        same("places", simulated, &shipped)?;
        self.trail.extend(shipped);
        same("who can go on", &self.choices(), &self.scheduler.choices())?;
        self.same_requests()
    }

    /// The simulator's choices, without threads that are outside of the lock: the program decides what they do there.
    fn choices(&self) -> Vec<Turn> {
        let inside = |turn: &Turn| turn.thread < self.threads && self.stepper.phase(turn.thread) != Phase::Outside;
        self.stepper.choices().into_iter().filter(inside).collect()
    }

    fn same_requests(&self) -> Result<(), String> {
        use gil_sim::sim::Kind::{Addressed, Shared};
        if !matches!(self.stepper.setup().kind, Shared | Addressed) {
            return Ok(()); // checking would count a tick
        }
        let Some(holder) = self.stepper.holders()[0] else { return Ok(()) };
        let asked = self.lock.wanted(ThreadId(holder as u64 + 1));
        same("the holder is asked", &self.stepper.requested(holder), &asked)
    }

    fn end(&self) -> Result<(), String> {
        let done = |thread| self.stepper.phase(thread) == Phase::Done;
        same("done", &self.each(done), &self.each(|thread| self.scheduler.has_ended(thread)))?;
        if self.each(done).iter().all(|done| *done) {
            same("switches", &self.stepper.switches(), &self.lock.switches())?;
        }
        Ok(())
    }

    fn each(&self, is: impl Fn(usize) -> bool) -> Vec<bool> {
        (0..self.threads).map(is).collect()
    }
}

fn same<T: PartialEq + std::fmt::Debug + ?Sized, U: std::borrow::Borrow<T> + ?Sized>(
    what: &str,
    simulated: &T,
    shipped: &U,
) -> Result<(), String> {
    let shipped = shipped.borrow();
    if simulated == shipped {
        return Ok(());
    }
    Err(format!("{what}: simulated {simulated:?}, shipped {shipped:?}"))
}

/// Plays a schedule of loom's steps in the lock alone.
pub fn play<L: Lock>(setup: &Setup, lock: &L, letters: &[Turn]) -> Result<Replayed, String> {
    with_scheduler(setup, lock, Grain::Operations, |scheduler| {
        for turn in letters {
            scheduler.go(*turn, true)?;
        }
        let (operations, letters) = scheduler.operations();
        Ok(Replayed { trail: scheduler.trail(), operations, letters })
    })
}
