//! The configuration of a pool.

use std::time::Duration;

use crate::observer::{Event, Observer};
use crate::{Error, Pool};

/// The options of a pool, made by [`Pool::builder`].
#[derive(Clone, Debug)]
#[cfg_attr(not(unix), allow(dead_code, reason = "there nobody reads it"))]
pub struct Builder {
    /// Defaults to the number of cores.
    pub(crate) workers: Option<usize>,
    pub(crate) retries: u32,
    pub(crate) timeout: Option<Duration>,
    pub(crate) memory: Option<u64>,
    pub(crate) record: bool,
    pub(crate) start: Start,
    pub(crate) observer: Observer,
}

/// How workers are started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// Forked from a fork server: this program, started again, which stops at [`init`](crate::init). On 26 November
    /// 2026, on two cores of an AMD EPYC, eight workers were up in 2.7 ms, against 8.5 ms by [`Start::Exec`] (the bench
    /// measures both). Workers have the server's address layout, and its environment, standard streams, limits, umask
    /// and CPU affinity from when it was started, with the first pool. (The working directory is the current one, and a
    /// program that has dropped privileges gets a new server.) Linux with glibc; elsewhere this is [`Start::Exec`].
    #[default]
    Fork,
    /// Each worker executes this program again, with its own address layout and everything it inherits at that time.
    Exec,
}

impl Builder {
    pub(crate) fn new() -> Builder {
        Builder {
            workers: None,
            retries: 2,
            timeout: None,
            memory: None,
            record: false,
            start: Start::Fork,
            observer: Observer::default(),
        }
    }

    /// The number of workers; defaults to the number of cores.
    #[must_use]
    pub fn workers(self, workers: usize) -> Builder {
        Builder { workers: Some(workers), ..self }
    }

    /// How often a task is retried when its worker died; 2 by default. Use 0 for tasks that must not run twice.
    #[must_use]
    pub fn retries(self, retries: u32) -> Builder {
        Builder { retries, ..self }
    }

    /// The time limit for one run of a task. A worker that exceeds it is killed.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Builder {
        Builder { timeout: Some(timeout), ..self }
    }

    /// How many bytes a worker may allocate. One that needs more aborts. Linux only: see [`limits`](crate::limits).
    #[must_use]
    pub fn memory(self, bytes: u64) -> Builder {
        Builder { memory: Some(bytes), ..self }
    }

    /// Whether to record [`Pool::history`]: which worker ran which task, from when to when.
    #[must_use]
    pub fn record(self, record: bool) -> Builder {
        Builder { record, ..self }
    }

    /// How workers are started; [`Start::Fork`] by default.
    #[must_use]
    pub fn start(self, start: Start) -> Builder {
        Builder { start, ..self }
    }

    /// What is called when something happens that no result tells. It must not use the pool.
    #[must_use]
    pub fn observer(self, observer: impl Fn(&Event) + Send + Sync + 'static) -> Builder {
        Builder { observer: Observer::new(observer), ..self }
    }

    /// Starts the workers. They need not be running yet when this returns.
    pub fn build(self) -> Result<Pool, Error> {
        Pool::start(self)
    }
}
