//! Tracks time without reading the clock after every tiny task.

use std::time::{Duration, Instant};

/// Results are sent when the oldest has waited this long and a task ends.
const TELL_AFTER: Duration = Duration::from_millis(2);

/// When to read the clock: not after every tiny task, but after every long one.
pub(super) struct Pace {
    told: Instant,
    looked: Instant,
    /// Tasks since the clock was last read.
    tasks: u32,
    /// Tasks between two readings of the clock.
    stride: u32,
}

impl Pace {
    pub(super) fn new() -> Pace {
        let now = Instant::now();
        Pace { told: now, looked: now, tasks: 0, stride: 1 }
    }

    /// Restarts the clock; earlier time was idle.
    pub(super) fn begin(&mut self) {
        let now = Instant::now();
        (self.told, self.looked, self.tasks) = (now, now, 0);
    }

    pub(super) fn is_time_to_tell(&mut self) -> bool {
        self.tasks += 1;
        if self.tasks < self.stride {
            return false;
        }
        let now = Instant::now();
        let stride = now - self.looked;
        self.stride = match stride {
            quick if quick < Duration::from_micros(20) => (self.stride * 2).min(4096),
            slow if slow > Duration::from_micros(100) => 1,
            _ => self.stride,
        };
        (self.looked, self.tasks) = (now, 0);
        now - self.told >= TELL_AFTER
    }

    /// Time since results were last sent, in ns.
    pub(super) fn lap(&mut self) -> u64 {
        // The last reading is near enough if it was after the last task.
        let now = if self.tasks == 0 { self.looked } else { Instant::now() };
        let ns = (now - self.told).as_nanos();
        self.told = now;
        u64::try_from(ns).unwrap_or(u64::MAX)
    }
}
