//! The techniques, and what their rounds came to.

use lab::lang::Text;
use lab::trace::Trace;

use super::job::Fate;
use crate::work_queue::Done;

/// The techniques, in the order in which they are shown; each has a folder of its name.
pub(super) const TECHNIQUES: [&str; 3] = ["sequence", "threads", "processes"];

/// All rounds of one technique.
#[derive(Default)]
pub(super) struct Runs {
    pub(super) walls: Vec<f64>,
    pub(super) fates: Vec<Vec<Fate>>,
    pub(super) trace: Trace,
}

impl Runs {
    pub(super) fn add(&mut self, wall: u64, done: Done<Fate>, title: Text) {
        self.walls.push(wall as f64);
        self.fates.push(done.results);
        self.trace = Trace::new(title, done.lanes);
    }
}
