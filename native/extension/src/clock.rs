//! The clock of all spans.

use rustix::time::{ClockId, clock_gettime};

/// `CLOCK_MONOTONIC` in ns: the clock of Python's `time.monotonic_ns()` on Linux, and of our own traces.
pub(crate) fn now() -> u64 {
    let t = clock_gettime(ClockId::Monotonic);
    t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
}
