//! The lock one step at a time: whoever calls is the scheduler.

use super::ids::Tid;
use super::lanes::Lanes;
use super::machine::Speed;
use super::os::Os;
use super::phase::Phase;
use super::schedule::{Schedule, Turn};
use super::script::Simulation;
use super::setup::Setup;

use lab::lang::Text;
use lab::trace::Trace;

/// A run without time: threads go on when they are told to, each to the next place where another could come between.
pub struct Stepper {
    setup: Setup,
    simulation: Simulation,
    turns: Vec<Turn>,
}

impl Stepper {
    /// At the beginning.
    pub fn new(setup: &Setup) -> Stepper {
        let os = Os::manual(Lanes::of_setup(setup, u64::MAX));
        Stepper {
            setup: setup.clone(),
            simulation: Simulation::new(setup, os, &Speed::typical(), true),
            turns: Vec::new(),
        }
    }

    /// What is run.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// How many threads there are, peers among them.
    pub fn threads(&self) -> usize {
        self.simulation.tasks.len()
    }

    /// What can be chosen now.
    pub fn choices(&self) -> Vec<Turn> {
        let both = |thread| [false, true].map(|by_time| Turn { thread, by_time, overtakes: false });
        (0..self.threads()).flat_map(both).filter(|turn| self.simulation.os.can(*turn)).collect()
    }

    /// Lets a thread go on; whether it could.
    pub fn go(&mut self, turn: Turn) -> bool {
        let can = turn.thread < self.threads() && self.simulation.os.can(turn);
        if can {
            self.simulation.phases.begin_turn();
        }
        let went = can && self.simulation.os.step(turn, &mut self.simulation.tasks);
        if went {
            self.turns.push(turn);
        }
        went
    }

    /// Goes back one turn; whether there was one. All others are played again.
    pub fn undo(&mut self) -> bool {
        let mut turns = std::mem::take(&mut self.turns);
        let undone = turns.pop().is_some();
        *self = Stepper::new(&self.setup);
        turns.into_iter().for_each(|turn| assert!(self.go(turn), "what went once goes again"));
        undone
    }

    /// The turns so far.
    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// Where a thread is.
    pub fn phase(&self, thread: Tid) -> Phase {
        self.simulation.phases.of(thread)
    }

    /// Who came to which phase in the last turn, one after another.
    pub fn trail(&self) -> Vec<(Tid, Phase)> {
        self.simulation.phases.trail()
    }

    /// How often a GIL changed hands, all interpreters together.
    pub fn switches(&self) -> u64 {
        self.simulation.gils.iter().map(|gil| gil.switches()).sum()
    }

    /// Who holds each interpreter's GIL.
    pub fn holders(&self) -> Vec<Option<Tid>> {
        self.simulation.gils.iter().map(|gil| gil.holder()).collect()
    }

    /// Whether somebody has asked this thread to let go.
    pub fn requested(&self, thread: Tid) -> bool {
        self.simulation.gils.iter().any(|gil| gil.holder() == Some(thread) && gil.requested(thread))
    }

    /// Threads that compute with the GIL held, as their own places say; one a GIL at the most, or the lock does not hold.
    pub fn computing(&self) -> usize {
        (0..self.threads()).filter(|t| self.phase(*t) == Phase::Computes).count()
    }

    /// What happened so far, a microsecond a turn.
    pub fn trace(&self, title: Text) -> Trace {
        let os = &self.simulation.os;
        let mut lanes = os.lanes.borrow().clone();
        lanes.finish(os.now());
        lanes.trace(title)
    }

    /// What the system wrote down itself.
    pub fn schedule(&self) -> Schedule {
        self.simulation.os.schedule.borrow().clone()
    }
}
