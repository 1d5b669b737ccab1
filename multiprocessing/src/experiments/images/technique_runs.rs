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

/// Whether the same pictures were written in every round of every technique; only then may times be compared.
pub(super) fn same_work(runs: &[TechniqueRuns; 3]) -> bool {
    let written = |outcomes: &Vec<Outcome>| outcomes.iter().map(|o| *o == Outcome::Written).collect::<Vec<bool>>();
    let mut all = runs.iter().flat_map(|runs| runs.outcomes.iter().map(written));
    let first = all.next();
    all.all(|other| Some(other) == first)
}

impl TechniqueRuns {
    pub(super) fn add(&mut self, wall: u64, done: QueueResults<Outcome>, title: Text) {
        self.walls.push(wall as f64);
        self.outcomes.push(done.results);
        self.trace = Trace::new(title, done.lanes);
    }
}
