//! The cases, and the result of each.

use std::time::Duration;

use lab::cores_used::CoresUsed;
use lab::lang::Text;
use lab::text;
use lab::trace::Trace;

/// How many tasks there are for each of the loops.
pub const TASKS: usize = 2;
/// In how many pieces a task computes.
pub const PIECES: u64 = 4;
/// How long a task sleeps after each piece.
pub const PAUSE: Duration = Duration::from_millis(1);
/// A case: all tasks on one loop or divided among several, with or without a lock that the loops share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    pub id: &'static str,
    pub several: bool,
    pub gil: bool,
}

/// In the order in which they run.
pub const CASES: [Case; 3] = [
    Case { id: "one", several: false, gil: false },
    Case { id: "several.free", several: true, gil: false },
    Case { id: "several.gil", several: true, gil: true },
];

impl Case {
    pub fn name(self) -> Text {
        match (self.several, self.gil) {
            (false, _) => text!("루프 하나", "one loop"),
            (true, false) => text!("스레드마다 루프, 락 없음", "a loop per thread, no lock"),
            (true, true) => text!("스레드마다 루프, GIL 하나", "a loop per thread, one GIL"),
        }
    }
}

/// The result of one case.
#[derive(Clone, Debug)]
pub struct CaseResult {
    pub used: CoresUsed,
    /// A lane for each task, those of a loop together.
    pub trace: Trace,
    /// What each task counted.
    pub sums: Vec<u64>,
}
