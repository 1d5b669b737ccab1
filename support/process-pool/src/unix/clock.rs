//! The clock of recorded spans.

/// Nanoseconds on `CLOCK_MONOTONIC`, whose zero is the same for all processes of a machine (clock_gettime(2)).
pub(crate) fn now() -> u64 {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
}
