//! The work of a recording by kinds, as it most likely is, or as it is at best or at worst.

use crate::recording::Recording;
use crate::wait::Wait;

use super::makespan::{Piece, Rules};
use super::memory::memory_bound;

/// A share that is seen in so many samples is off by less than this in nine of ten cases: 1.65 standard deviations.
const NINETY: f64 = 1.65;

/// What is not known for certain is taken as it most likely is, or as it is at best or at worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Best,
    Middle,
    Worst,
    /// At best, but native code waits for memory, which workers share.
    WaitsForMemory,
}

impl Side {
    pub(super) fn of<T: Copy>(self, [best, middle, worst]: [T; 3]) -> T {
        match self {
            Side::Best | Side::WaitsForMemory => best,
            Side::Middle => middle,
            Side::Worst => worst,
        }
    }
}

/// The work by kinds, in ns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Work {
    pub(super) python: f64,
    pub(super) native: f64,
    pub(super) outside: f64,
    /// Waits that asyncio can have too.
    pub(super) waits: f64,
    /// Waits for files and what is unknown: they block a thread.
    pub(super) blocking_waits: f64,
    /// Waits with the GIL held: they block all threads.
    pub(super) held_waits: f64,
    /// Nobody answers two questions at once at a terminal.
    pub(super) terminal: f64,
}

impl Work {
    /// The work of a recording, with the share of computing under the GIL at one side of its interval.
    pub(super) fn of(recording: &Recording, side: Side) -> Work {
        let side = side.of([-1.0, 0.0, 1.0]);
        let work = &recording.work;
        let seen = work.python + work.native;
        let cpu = seen + work.unsplit;
        let share = match () {
            () if cpu <= 0.0 => 0.0,
            // With a GIL that cannot be seen anything is possible. Pure Python is the most frequent case.
            () if work.unsplit > seen => {
                if side < 0.0 {
                    0.0
                } else {
                    1.0
                }
            }
            () => {
                let share = work.python / seen;
                let samples = (recording.work_samples * work.busy / work.judged().max(1.0)).max(1.0);
                // A share that was seen as 0 or 1 is not known for certain either: 1 in n.
                let error = NINETY * (share * (1.0 - share) / samples).sqrt() + 1.0 / samples;
                (share + side * error).clamp(0.0, 1.0)
            }
        };
        // A program with several threads waits less often than its threads do; what cannot be had again is not counted.
        let waits = Wait::ALL.into_iter().filter(|wait| wait.has_async_form()).map(|wait| work.wait(wait)).sum::<f64>();
        let terminal = work.wait(Wait::Terminal);
        let held = if recording.has_gil() { work.held.min(work.waiting() - terminal) } else { 0.0 };
        let free = 1.0 - held / (work.waiting() - terminal).max(1.0);
        Work {
            python: cpu * share,
            native: cpu * (1.0 - share),
            outside: work.outside,
            waits: waits * free,
            blocking_waits: (work.waiting() - waits - terminal) * free,
            held_waits: held,
            terminal,
        }
    }

    /// The same if kernel work of several takes `times` as long as that of one. With a GIL the Python part is not done by several.
    pub(super) fn with_kernel(&self, recording: &Recording, times: f64, rules: Rules) -> Work {
        let cpu = self.python + self.native;
        let more = recording.kernel * cpu * (times - 1.0);
        let share = if cpu > 0.0 { self.native / cpu } else { 0.0 };
        match rules {
            Rules::EventLoop => *self,
            Rules::Gil(_) => Work { native: self.native + more.min(self.native * (times - 1.0)), ..*self },
            Rules::NoGil => {
                Work { native: self.native + more * share, python: self.python + more * (1.0 - share), ..*self }
            }
        }
    }

    /// The same without so much CPU time.
    pub(super) fn without(&self, cpu: f64) -> Work {
        let left = 1.0 - cpu / (self.python + self.native).max(1.0);
        Work { python: self.python * left, native: self.native * left, ..*self }
    }

    /// The share of its time on a core in which a thread holds the GIL.
    pub(super) fn held(&self) -> f64 {
        let cpu = self.python + self.native;
        if cpu > 0.0 { self.python / cpu } else { 0.0 }
    }

    /// The same if its native code waits for memory while so many workers run it.
    pub(super) fn bound_by_memory(self, recording: &Recording, together: u64) -> Work {
        Work { native: self.native * memory_bound(recording, together), ..self }
    }

    pub(super) fn piece(&self, pieces: u64, rounds: u64) -> Piece {
        let part = |ns: f64| ns / pieces as f64;
        Piece {
            python: part(self.python),
            native: part(self.native),
            outside: part(self.outside),
            waits: part(self.waits),
            blocking_waits: part(self.blocking_waits),
            held_waits: part(self.held_waits),
            rounds,
        }
    }
}
