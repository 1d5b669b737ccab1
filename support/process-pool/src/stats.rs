//! What a pool has done, in numbers.

/// Numbers of a pool, counted since it was built. [`Pool::stats`](crate::Pool::stats) takes them all at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Tasks that wait for a worker now.
    pub queued: usize,
    /// Tasks that workers have now: at most one of each worker runs.
    pub running: usize,
    /// Tasks that ended with a value.
    pub done: u64,
    /// Tasks that ended with a failure.
    pub failed: u64,
    /// Tasks that were cancelled.
    pub cancelled: u64,
    /// Runs after the first of a task.
    pub retried: u64,
    /// Workers that live now.
    pub workers: usize,
    /// Workers that died, or were killed by the pool because of what they did, or because a task was to be killed.
    pub deaths: u64,
    /// Workers that were replaced after their number of tasks or for their memory.
    pub recycled: u64,
    /// Workers that were started.
    pub started: u64,
    /// Encoded arguments that were sent, in bytes; those in shared memory by their location.
    pub sent_bytes: u64,
    /// Encoded values that came, in bytes. [`Bytes`](crate::Bytes) in shared memory count by their location.
    pub received_bytes: u64,
}
