//! Bounds of the pool, and the memory limit of a worker.

use std::time::Duration;

/// From this size on, in bytes, a value goes through shared memory.
pub const LARGE: usize = 64 << 10;
/// A batch is closed when it is as large as this, in bytes: what fits into a pipe need not wait for its reader.
pub const BATCH_BYTES: usize = 48 << 10;
/// The most tasks of one batch.
pub const BATCH_TASKS: usize = 1 << 15;
/// The work that a batch aims at, in ns: long against the price of a message, short against everything that one waits for.
pub const BATCH_TIME: f64 = 5e5;
/// No frame is longer, in bytes. Only where shared memory is full do frames come near it.
pub const LONGEST_FRAME: usize = 1 << 30;
/// A worker that has not said its first word after this time never will.
pub const STARTUP_TIMEOUT: Duration = Duration::from_secs(30);
/// A worker that has finished its tasks and not told its results after this time never will.
pub const SILENCE_TIMEOUT: Duration = Duration::from_secs(5);
/// After so many deaths in a row that no task can be blamed for and that no result came before, a pool gives up.
pub const MAX_UNEXPLAINED_DEATHS: u32 = 24;

/// In a worker: from now on it can allocate so many bytes more, and leaves no core file where it dies.
///
/// Linux counts private memory for `RLIMIT_DATA`, and not what is shared or only read. Elsewhere the limit means less or
/// nothing (macOS does not enforce it); a pool there has no memory limit, and says so when it is asked for one.
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

/// Whether a worker's memory can be limited here.
pub fn can_limit_memory() -> bool {
    data_in_use().is_some()
}

/// The bytes that count for `RLIMIT_DATA` now: `VmData` of proc_pid_status(5).
fn data_in_use() -> Option<u64> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmData:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024)
}
