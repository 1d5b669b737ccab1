//! How a worker keeps track of time without asking for it after every tiny task.

use std::time::{Duration, Instant};

/// Results are told at the latest when the oldest of them has waited for so long and a task ends.
const TELL_AFTER: Duration = Duration::from_millis(2);

/// When to look at the clock: not after every tiny task, and after every long one.
pub(super) struct Pace {
    told: Instant,
    looked: Instant,
    /// Tasks since the last look.
    tasks: u32,
    /// Tasks from one look to the next.
    stride: u32,
}

impl Pace {
    pub(super) fn new() -> Pace {
        let now = Instant::now();
        Pace { told: now, looked: now, tasks: 0, stride: 1 }
    }

    /// What was before now was waiting.
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

    /// Time since the last telling, in ns.
    pub(super) fn lap(&mut self) -> u64 {
        // Where the clock was read after the last task, that is near enough.
        let now = if self.tasks == 0 { self.looked } else { Instant::now() };
        let ns = (now - self.told).as_nanos();
        self.told = now;
        u64::try_from(ns).unwrap_or(u64::MAX)
    }
}
