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

/// A duration in ns as a person reads it: three digits and a unit.
pub fn human(ns: f64) -> String {
    let (value, unit) = match ns {
        n if n < 1e3 => (n, "ns"),
        n if n < 1e6 => (n / 1e3, "µs"),
        n if n < 1e9 => (n / 1e6, "ms"),
        n => (n / 1e9, "s"),
    };
    let digits = match value {
        v if v < 10.0 => 2,
        v if v < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_does_not_run_backwards() {
        let first = now();
        assert!(now() >= first);
    }

    #[test]
    fn three_digits_and_a_unit() {
        assert_eq!(human(999.0), "999 ns");
        assert_eq!(human(1_500.0), "1.50 µs");
        assert_eq!(human(15_250_000.0), "15.2 ms");
        assert_eq!(human(2.004e9), "2.00 s");
    }
}
