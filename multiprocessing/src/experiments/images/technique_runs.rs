//! The techniques, and the results of their rounds.

use lab::lang::Text;
use lab::trace::Trace;

use super::job::Outcome;
use crate::work_queue::QueueResults;

/// The techniques, in the order in which they are shown; each has a folder of its name.
pub(super) const TECHNIQUES: [&str; 3] = ["sequence", "threads", "processes"];

/// All rounds of one technique.
#[derive(Default)]
pub(super) struct TechniqueRuns {
    /// Wall time of each round, in ns.
    pub(super) walls: Vec<f64>,
    /// The outcome of each picture, in each round.
    pub(super) outcomes: Vec<Vec<Outcome>>,
    /// The lanes of the last round.
    pub(super) trace: Trace,
}

impl TechniqueRuns {
    pub(super) fn add(&mut self, wall: u64, done: QueueResults<Outcome>, title: Text) {
        self.walls.push(wall as f64);
        self.outcomes.push(done.results);
        self.trace = Trace::new(title, done.lanes);
    }
}
