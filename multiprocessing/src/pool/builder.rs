//! What a pool is asked for.

use std::time::Duration;

use lab::{Result, machine};

use super::Pool;

/// The options of a pool. Made by [`Pool::builder`].
#[derive(Clone, Debug)]
#[cfg_attr(not(unix), allow(dead_code, reason = "there nobody reads it"))]
pub struct Builder {
    pub(super) workers: usize,
    pub(super) retries: u32,
    pub(super) timeout: Option<Duration>,
    pub(super) memory: Option<u64>,
    pub(super) record: bool,
}

impl Builder {
    pub(super) fn new() -> Builder {
        Builder { workers: machine::cores(), retries: 2, timeout: None, memory: None, record: false }
    }

    /// How many workers; as many as there are cores unless this is called.
    #[must_use]
    pub fn workers(self, workers: usize) -> Builder {
        Builder { workers, ..self }
    }

    /// How often a task is begun again when the worker that ran it died; 2 unless this is called. Give 0 for tasks that must
    /// not run twice.
    #[must_use]
    pub fn retries(self, retries: u32) -> Builder {
        Builder { retries, ..self }
    }

    /// How long one run of a task may take. A worker that takes longer is killed.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Builder {
        Builder { timeout: Some(timeout), ..self }
    }

    /// How many bytes a worker may allocate. One that needs more cannot get it, and aborts. Linux only: see [`super::limits`].
    #[must_use]
    pub fn memory(self, bytes: u64) -> Builder {
        Builder { memory: Some(bytes), ..self }
    }

    /// Whether [`Pool::history`] is kept: which worker was at which task from when to when.
    #[must_use]
    pub fn record(self, record: bool) -> Builder {
        Builder { record, ..self }
    }

    /// Starts the workers. They need not be up yet when this returns.
    pub fn build(self) -> Result<Pool> {
        Pool::start(self)
    }
}
