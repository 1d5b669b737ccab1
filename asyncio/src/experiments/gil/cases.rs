//! The cases, and the result of each.

use lab::lang::Text;
use lab::text;
use lab::trace::Trace;

use crate::heartbeat::Late;

/// A case: an event loop, with or without computing threads, with or without the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    pub id: &'static str,
    /// Threads that compute beside the loop.
    pub computing: usize,
    /// Whether the loop and these threads share one lock.
    pub gil: bool,
}

/// In the order in which they run.
pub const CASES: [Case; 4] = [
    Case { id: "alone.free", computing: 0, gil: false },
    Case { id: "alone.gil", computing: 0, gil: true },
    Case { id: "beside.free", computing: 1, gil: false },
    Case { id: "beside.gil", computing: 1, gil: true },
];

impl Case {
    pub fn name(self) -> Text {
        match (self.computing, self.gil) {
            (0, false) => text!("락 없음, 루프만", "no lock, the loop alone"),
            (0, true) => text!("GIL 있음, 루프만", "under the GIL, the loop alone"),
            (_, false) => text!("락 없음, CPU 스레드와 함께", "no lock, beside a CPU thread"),
            (_, true) => text!("GIL 있음, CPU 스레드와 함께", "under the GIL, beside a CPU thread"),
        }
    }
}

/// The result of one case.
#[derive(Clone, Debug)]
pub struct CaseResult {
    /// How late each wake-up of the tasks was.
    pub late: Vec<Late>,
    /// How often the lock passed to another thread.
    pub switches: u64,
    /// Lanes of the loop's thread, the computing threads and the tasks, in this order.
    pub trace: Trace,
}
