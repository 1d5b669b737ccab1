//! The recorded runs of a pool: which worker ran which task, from when to when.

/// One run of one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stint {
    /// The worker's slot in the pool; its replacement has the same.
    pub seat: usize,
    /// The worker's pid.
    pub pid: u32,
    /// The index of the task in the call.
    pub task: usize,
    /// Start, in ns on `CLOCK_MONOTONIC`, which all processes of a machine share.
    pub start: u64,
    /// End; for a worker that died, when that was noticed.
    pub end: u64,
    /// How it ended.
    pub finish: Finish,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// With a value.
    Done,
    /// With a failure that the worker reported.
    Failed,
    /// With the death of its worker.
    Died,
    /// By exceeding the time limit.
    TimedOut,
}
