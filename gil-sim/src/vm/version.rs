//! The versions of CPython that differ in their lock or in where they look whether they must let go of it.

use std::time::Duration;

use crate::lock::{AddressedGil, CHECK_INTERVAL, Free, SemaphoreLock, Ticks};
use crate::{Gil, Lock};

/// What a thread has just done, as far as any version asks whether to look at its eval breaker there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvalPoint {
    /// A function begins.
    Entry,
    /// An instruction that no version looks after (`FAST_DISPATCH`): local variables, constants, `POP_TOP`.
    Fast,
    /// Another instruction that only goes on to the next.
    Straight,
    /// A jump back.
    Jump,
    /// A call of native code has come back.
    NativeCall,
    /// A call of a function in bytecode begins: its own beginning comes next.
    Calling,
    /// A call of a function in bytecode has come back.
    Returned,
}

/// Versions of CPython.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// Up to 3.1: the lock goes every 100 ticks.
    Py2,
    /// The new GIL (3.2).
    Py36,
    /// No look any more between straight instructions.
    Py310,
    /// No look after a function has returned: it had one when it began.
    Py311,
    /// The request is addressed to the holder.
    Py313,
    /// 3.13 and later, built without the lock (PEP 703).
    Free,
}

impl Version {
    /// All versions, in order of time.
    pub const ALL: [Version; 6] =
        [Version::Py2, Version::Py36, Version::Py310, Version::Py311, Version::Py313, Version::Free];

    /// All versions of CPython that it stands for.
    pub fn name(self) -> &'static str {
        match self {
            Version::Py2 => "2.7–3.1",
            Version::Py36 => "3.2–3.9",
            Version::Py310 => "3.10",
            Version::Py311 => "3.11–3.12",
            Version::Py313 => "3.13–3.15",
            Version::Free => "3.13t–3.15t",
        }
    }

    /// Its lock, free. Python 2 and the build without a lock know no switch interval.
    pub fn lock(self, interval: Duration) -> Box<dyn Lock> {
        match self {
            Version::Py2 => Box::new(Ticks::<SemaphoreLock>::new(CHECK_INTERVAL)),
            Version::Py36 | Version::Py310 | Version::Py311 => Box::new(Gil::new(interval)),
            Version::Py313 => Box::new(AddressedGil::new(interval)),
            Version::Free => Box::new(Free),
        }
    }

    // ANCHOR: looks
    /// Whether the version looks at its eval breaker there.
    pub fn looks(self, place: EvalPoint) -> bool {
        match place {
            EvalPoint::Entry | EvalPoint::Jump | EvalPoint::NativeCall => true,
            EvalPoint::Returned => matches!(self, Version::Py2 | Version::Py36 | Version::Py310),
            EvalPoint::Straight => matches!(self, Version::Py2 | Version::Py36),
            EvalPoint::Fast | EvalPoint::Calling => false,
        }
    }
    // ANCHOR_END: looks

    /// Whether another thread may do something of its own between this instruction and the next.
    pub fn interrupts(self, place: EvalPoint) -> bool {
        self == Version::Free || self.looks(place)
    }
}
