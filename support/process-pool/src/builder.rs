//! The configuration of a pool.

use std::time::Duration;

use serde::Serialize;

use crate::observer::{Event, Observer};
use crate::{Error, Failure, Pool, Task, WorkerLoss, wire};

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
    pub(crate) initializer: Option<Initializer>,
    pub(crate) max_tasks_per_worker: Option<u64>,
    pub(crate) recycle_above: Option<u64>,
}

/// What every worker runs first.
#[derive(Clone, Debug)]
pub(crate) struct Initializer {
    name: &'static str,
    index: Option<usize>,
    argument: Result<Vec<u8>, String>,
}

impl Initializer {
    /// The index of the task, and its encoded argument.
    #[cfg_attr(not(unix), allow(dead_code, reason = "there nobody reads it"))]
    pub(crate) fn encoded(&self) -> Result<(u64, Vec<u8>), Error> {
        let failed = |failure| Error::NoWorkerStarts(WorkerLoss::Initializer(Box::new(failure)));
        let index = self.index.ok_or_else(|| failed(Failure::Unknown(self.name)))?;
        Ok((index as u64, self.argument.clone().map_err(|why| failed(Failure::Unreadable(why)))?))
    }
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
            initializer: None,
            max_tasks_per_worker: None,
            recycle_above: None,
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

    /// What is called when something happens that no result tells. It may use the pool, but results wait while it runs.
    #[must_use]
    pub fn observer(self, observer: impl Fn(&Event) + Send + Sync + 'static) -> Builder {
        Builder { observer: Observer::new(observer), ..self }
    }

    /// What every worker runs before its first task: to load a model, for example, into a static of its own. It may take as
    /// long as it needs. If it panics in three workers one after the other, the pool gives up, and tasks fail with
    /// [`WorkerLoss::Initializer`].
    #[must_use]
    pub fn initializer<A: Serialize>(self, task: &Task<A, ()>, argument: &A) -> Builder {
        let mut encoded = Vec::new();
        let argument = wire::encode(argument, &mut encoded).map(|()| encoded);
        Builder { initializer: Some(Initializer { name: task.name, index: task.place(), argument }), ..self }
    }

    /// Replaces a worker after so many tasks: for libraries that leak.
    #[must_use]
    pub fn max_tasks_per_worker(self, tasks: u64) -> Builder {
        Builder { max_tasks_per_worker: Some(tasks), ..self }
    }

    /// Replaces a worker that has more private memory than this, in bytes, when it has ended its tasks. It is looked at
    /// about twenty times a second. Linux only; elsewhere it has no effect.
    #[must_use]
    pub fn recycle_above(self, bytes: u64) -> Builder {
        Builder { recycle_above: Some(bytes), ..self }
    }

    /// Starts the workers. They need not be running yet when this returns.
    pub fn build(self) -> Result<Pool, Error> {
        Pool::start(self)
    }
}
