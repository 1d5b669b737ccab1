//! How a pool ends that is not simply dropped.

use std::fmt;

/// What becomes of tasks that have not begun when a pool is [shut down](crate::Pool::shutdown).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// They are run.
    Finish,
    /// They are cancelled; those that run end.
    CancelQueued,
}

/// A pool was shut down before all its tasks had ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// How many tasks were cancelled, because they were still queued or their workers were killed.
    pub tasks: usize,
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tasks that had not ended in time and were cancelled: {}", self.tasks)
    }
}

impl std::error::Error for Unfinished {}
