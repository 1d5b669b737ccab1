//! What a pool is asked for.

use std::time::Duration;

use crate::{Error, Pool};

/// The options of a pool. Made by [`Pool::builder`].
#[derive(Clone, Debug)]
#[cfg_attr(not(unix), allow(dead_code, reason = "there nobody reads it"))]
pub struct Builder {
    /// As many as there are cores, if it is not said.
    pub(crate) workers: Option<usize>,
    pub(crate) retries: u32,
    pub(crate) timeout: Option<Duration>,
    pub(crate) memory: Option<u64>,
    pub(crate) record: bool,
    pub(crate) start: Start,
}

/// How workers come to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// As copies of a fork server: this program, started once more, which has gone no further than [`init`](crate::init). On
    /// 26 November 2026, two cores of an AMD EPYC, eight were up in 2.7 ms, the other way in 8.5 (the bench measures both).
    /// They have the server's addresses, and what this program had when the server was started, with its first pool:
    /// environment, standard streams, limits, umask, the cores it may use. (The folder is today's, and a program that has
    /// given up rights gets a new server.) Linux with glibc; elsewhere this is [`Start::Exec`].
    #[default]
    Fork,
    /// Each as this program, started anew, with addresses and whatever else it inherits of its own.
    Exec,
}

impl Builder {
    pub(crate) fn new() -> Builder {
        Builder { workers: None, retries: 2, timeout: None, memory: None, record: false, start: Start::Fork }
    }

    /// How many workers; as many as there are cores unless this is called.
    #[must_use]
    pub fn workers(self, workers: usize) -> Builder {
        Builder { workers: Some(workers), ..self }
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

    /// How many bytes a worker may allocate. One that needs more cannot get it, and aborts. Linux only: see [`limits`](crate::limits].
    #[must_use]
    pub fn memory(self, bytes: u64) -> Builder {
        Builder { memory: Some(bytes), ..self }
    }

    /// Whether [`Pool::history`] is kept: which worker was at which task from when to when.
    #[must_use]
    pub fn record(self, record: bool) -> Builder {
        Builder { record, ..self }
    }

    /// How workers come to be; [`Start::Fork`] unless this is called.
    #[must_use]
    pub fn start(self, start: Start) -> Builder {
        Builder { start, ..self }
    }

    /// Starts the workers. They need not be up yet when this returns.
    pub fn build(self) -> Result<Pool, Error> {
        Pool::start(self)
    }
}
