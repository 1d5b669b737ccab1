//! One clock for all: threads, tasks and processes put their spans on the same time axis.

/// Nanoseconds on a clock that every process of this machine shares.
///
/// On Unix `CLOCK_MONOTONIC`, whose zero is the same for all processes (clock_gettime(2)); elsewhere the time of day,
/// which they share too but which someone may set. Only differences mean anything.
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

/// CPU time of all threads of this process so far, in ns. `None` where the system does not tell.
pub fn cpu() -> Option<u64> {
    #[cfg(unix)]
    {
        let t = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
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
