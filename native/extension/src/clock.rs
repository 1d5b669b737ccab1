//! The clock of all spans: that of our own traces.

use pyo3::prelude::*;

/// Nanoseconds on a clock that all threads and processes share: `CLOCK_MONOTONIC` on Unix. Python code stamps with it too, because its
/// own monotonic clock is another one on some systems.
#[pyfunction]
pub(crate) fn now() -> u64 {
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
