//! What runs, and what each case showed.

use lab::lang::Text;
use lab::text;
use lab::trace::Trace;

use crate::heartbeat::Late;

/// What runs: the loop is always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// For ids of measurements.
    pub id: &'static str,
    /// Threads that compute beside it.
    pub computing: usize,
    /// Whether all of them are under one lock.
    pub gil: bool,
}

/// All cases, in the order in which they run.
pub const CASES: [Case; 4] = [
    Case { id: "alone.free", computing: 0, gil: false },
    Case { id: "alone.gil", computing: 0, gil: true },
    Case { id: "beside.free", computing: 1, gil: false },
    Case { id: "beside.gil", computing: 1, gil: true },
];

impl Case {
    /// For readers.
    pub fn name(self) -> Text {
        match (self.computing, self.gil) {
            (0, false) => text!("락 없음, 루프 혼자", "no lock, the loop alone"),
            (0, true) => text!("GIL 아래, 루프 혼자", "under the GIL, the loop alone"),
            (_, false) => text!("락 없음, 곁에 CPU 스레드", "no lock, beside a CPU thread"),
            (_, true) => text!("GIL 아래, 곁에 CPU 스레드", "under the GIL, beside a CPU thread"),
        }
    }
}

/// What one case showed.
#[derive(Clone, Debug)]
pub struct CaseResult {
    /// How late the tasks woke up, each time.
    pub late: Vec<Late>,
    /// How often the lock went to another thread than before.
    pub switches: u64,
    /// The loop's thread, the threads that compute, the tasks.
    pub trace: Trace,
}
