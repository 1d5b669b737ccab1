//! Bounds of the pool, and the memory limit of a worker.

use std::time::Duration;

/// Values of at least this size, in bytes, go through shared memory.
pub const LARGE: usize = 64 << 10;
/// A batch is closed at this size, in bytes: what fits into a pipe need not wait for its reader.
pub const BATCH_BYTES: usize = 48 << 10;
/// The maximum number of tasks in a batch.
pub const BATCH_TASKS: usize = 1 << 15;
/// An iterator of arguments waits when its arguments that were not sent yet come to this, in bytes, or to
/// [`BATCH_TASKS`].
pub const AHEAD_BYTES: usize = 16 << 20;
/// The target run time of a batch, in ns: long against the cost of a message, short for whoever waits.
pub const BATCH_TIME: f64 = 5e5;
/// The maximum size of a frame, in bytes. Frames come near it only when shared memory is full: then longer arguments and
/// results are refused.
pub const LONGEST_FRAME: usize = 256 << 20;
/// Freed shared memory that each process keeps for the next value, in bytes; what is more goes back to the system. A worker
/// keeps it for [`IDLE_TIME`].
pub const KEPT_MEMORY: usize = 64 << 20;
/// Larger buffers of encoded values are freed after use, in bytes.
pub const KEPT_BUFFER: usize = 1 << 20;
/// A worker that has been idle for this long gives back all memory that it does not need.
pub const IDLE_TIME: Duration = Duration::from_secs(1);
/// A worker that sends no hello frame within this time is killed.
pub const STARTUP_TIMEOUT: Duration = Duration::from_secs(30);
/// A worker that neither begins its tasks nor sends the results of those that ended within this time is killed.
pub const SILENCE_TIMEOUT: Duration = Duration::from_secs(5);
/// After this many consecutive deaths with no culprit task and no result between, a pool gives up.
pub const MAX_UNEXPLAINED_DEATHS: u32 = 24;

/// How many levels an argument or result may nest. In an unoptimized build, each takes up to 4 KiB of stack.
pub const DEEPEST: usize = 256;

/// In a worker: limits what it can still allocate, and disables core files.
///
/// Linux counts private memory for `RLIMIT_DATA`, and not what is shared or read-only. Other systems enforce less or
/// nothing (macOS); there a pool with a memory limit cannot be built.
#[cfg(unix)]
pub fn apply(memory: Option<u64>) -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let at_most = |bytes| Rlimit { current: Some(bytes), maximum: Some(bytes) };
    setrlimit(Resource::Core, at_most(0))?;
    if let Some(bytes) = memory {
        let used = data_in_use().ok_or(std::io::ErrorKind::Unsupported)?;
        setrlimit(Resource::Data, at_most(used.saturating_add(bytes)))?;
    }
    Ok(())
}

/// In a worker: a lower limit for the tasks of one batch; the one before is set again when this is dropped.
#[cfg(unix)]
pub(crate) struct BatchLimit(rustix::process::Rlimit);

#[cfg(unix)]
impl BatchLimit {
    /// From now on, so many bytes more can be allocated, or what the limit before allows if that is less. Only the soft limit
    /// changes: the hard one could not be raised again.
    pub(crate) fn set(bytes: u64) -> std::io::Result<BatchLimit> {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let before = getrlimit(Resource::Data);
        let used = data_in_use().ok_or(std::io::ErrorKind::Unsupported)?;
        let wanted = used.saturating_add(bytes);
        let current = Some(before.current.map_or(wanted, |most| most.min(wanted)));
        setrlimit(Resource::Data, rustix::process::Rlimit { current, ..before })?;
        Ok(BatchLimit(before))
    }
}

#[cfg(unix)]
impl Drop for BatchLimit {
    fn drop(&mut self) {
        let _ = rustix::process::setrlimit(rustix::process::Resource::Data, self.0);
    }
}

/// Whether this system can limit a worker's memory.
pub fn can_limit_memory() -> bool {
    data_in_use().is_some()
}

/// The bytes that count for `RLIMIT_DATA` now: `VmData` of proc_pid_status(5).
pub(crate) fn data_in_use() -> Option<u64> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmData:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024)
}

/// More elements are refused, unless they are a run: a vector of units costs no memory, and here a byte each.
pub const MOST_TAGGED: usize = 1 << 32;
