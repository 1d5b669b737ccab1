//! What a pool remembers when it is asked to: which worker was at which task, from when to when.

/// One run of one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stint {
    /// The place of the worker in the pool; its successor takes the same place.
    pub seat: usize,
    /// Its process.
    pub pid: u32,
    /// The place of the task in the call.
    pub task: usize,
    /// From, in ns on `CLOCK_MONOTONIC`, which all processes of a machine share.
    pub start: u64,
    /// To; for a worker that died: when that was noticed.
    pub end: u64,
    /// How it ended.
    pub finish: Finish,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// With a value.
    Done,
    /// With a failure that its worker told.
    Failed,
    /// With the death of its worker.
    Died,
    /// By the time limit.
    TimedOut,
}
