//! One clock for threads, tasks and processes, so that their spans share a time axis.

/// Nanoseconds on a clock that every process of this machine shares.
///
/// On Unix `CLOCK_MONOTONIC`, whose zero is the same for all processes (clock_gettime(2)); elsewhere the time of day,
/// which they share too, but which may be set meanwhile. Only differences are meaningful.
pub fn now() -> u64 {
    #[cfg(unix)]
    {
        let t = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
    }
    #[cfg(not(unix))]
    {
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |t| t.as_nanos() as u64)
    }
}

/// CPU time of all threads of this process so far, in ns. `None` if the system does not report it.
pub fn cpu() -> Option<u64> {
    #[cfg(unix)]
    {
        let t = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Some(t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64)
    }
    #[cfg(not(unix))]
    None
}

/// CPU time of the calling thread so far, in ns. `None` if the system does not report it.
pub fn thread_cpu() -> Option<u64> {
    #[cfg(unix)]
    {
        let t = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Some(t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64)
    }
    #[cfg(not(unix))]
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_does_not_run_backwards() {
        let first = now();
        assert!(now() >= first);
    }
}
