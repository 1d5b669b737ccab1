//! Why a pool cannot be built. Plain data: programs that speak other languages put it into their own words.

use std::fmt;

use crate::failure::WorkerLoss;

/// Why there is no pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// A pool of no workers was asked for.
    NoWorkers,
    /// [`init`](crate::init) was not called, so workers could not know that they are workers.
    NotInitialized,
    /// A memory limit was asked for, and this system cannot enforce one.
    NoMemoryLimit,
    /// The system refuses memory to share with workers; the system's message.
    NoSharedMemory(String),
    /// Not a single worker can be started; what became of the last one.
    NoWorkerStarts(WorkerLoss),
    /// There is no pool for this system yet.
    Unsupported,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NoWorkers => f.write_str("a pool needs at least one worker"),
            Error::NotInitialized => f.write_str("process_pool::init was not called in the first line of main"),
            Error::NoMemoryLimit => f.write_str("the memory of a worker cannot be limited on this system"),
            Error::NoSharedMemory(why) => write!(f, "no memory to share with worker processes: {why}"),
            Error::NoWorkerStarts(last) => write!(f, "no worker can be started: {last}"),
            Error::Unsupported => f.write_str("there is no process pool on this system"),
        }
    }
}

impl std::error::Error for Error {}
