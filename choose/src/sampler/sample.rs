//! What one thread did since the last sample.

use crate::cpython::Line;
use crate::wait::Wait;

use super::peers::End;

/// Whether the interpreter starts, imports or shuts down, or runs the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Start,
    Work,
}

/// One thread in one sample; times in ns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// The process and the thread.
    pub id: (u32, u32),
    pub on_core: f64,
    pub delayed: f64,
    pub blocked: f64,
    /// It has been on a core since the last sample.
    pub has_run: bool,
    /// It began in this stretch of time: nobody knows what it did in the part before.
    pub is_new: bool,
    /// It is on a core now, or ready for one.
    pub is_running: bool,
    /// What it waits for, or waited for last.
    pub wait: Option<Wait>,
    /// Who is at the other end.
    pub end: End,
    /// It waits as an event loop does.
    pub is_event_loop: bool,
    /// Whether the kernel lets us know what it waits for.
    pub may_know: bool,
    /// Whether it holds a GIL; `None` where that cannot be seen.
    pub holds_gil: Option<bool>,
    /// It belongs to the main process.
    pub is_main: bool,
    pub line: Option<Line>,
}
