//! Tracks time without reading the clock after every tiny task.

use std::time::{Duration, Instant};

/// Results are sent when the oldest has waited this long and a task ends.
const SEND_AFTER: Duration = Duration::from_millis(2);

/// When to read the clock: not after every tiny task, but after every long one.
pub(super) struct Pace {
    sent: Instant,
    last_read: Instant,
    /// Tasks since the clock was last read.
    tasks: u32,
    /// Tasks between two readings of the clock.
    stride: u32,
}

impl Pace {
    pub(super) fn new() -> Pace {
        let now = Instant::now();
        Pace { sent: now, last_read: now, tasks: 0, stride: 1 }
    }

    /// Restarts the clock; earlier time was idle.
    pub(super) fn begin(&mut self) {
        let now = Instant::now();
        (self.sent, self.last_read, self.tasks) = (now, now, 0);
    }

    pub(super) fn is_time_to_send(&mut self) -> bool {
        self.tasks += 1;
        if self.tasks < self.stride {
            return false;
        }
        let now = Instant::now();
        let stride = now - self.last_read;
        self.stride = match stride {
            quick if quick < Duration::from_micros(20) => (self.stride * 2).min(4096),
            slow if slow > Duration::from_micros(100) => 1,
            _ => self.stride,
        };
        (self.last_read, self.tasks) = (now, 0);
        now - self.sent >= SEND_AFTER
    }

    /// Time since results were last sent, in ns.
    pub(super) fn lap(&mut self) -> u64 {
        // The last reading is near enough if it was after the last task.
        let now = if self.tasks == 0 { self.last_read } else { Instant::now() };
        let ns = (now - self.sent).as_nanos();
        self.sent = now;
        u64::try_from(ns).unwrap_or(u64::MAX)
    }
}
