//! Who holds the GIL: two words of the interpreter's memory for each sample.

use std::time::Instant;

use super::runtime::Runtime;
use crate::memory::{Memory, field};

/// More interpreters than this in one process are not looked at.
const MOST_INTERPRETERS: usize = 64;
/// A GIL with its condition variables and mutexes is smaller than this in all versions.
pub(super) const SIZE: u64 = 320;

/// Looks at the GIL one right after the other.
const LOOKS: u32 = 20;

/// What some looks in quick succession show: how often the GIL was taken and let go between two of them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Changes {
    /// Pairs of looks.
    pub pairs: f64,
    /// Pairs between which it changed.
    pub changes: f64,
    /// From the first look to the last, in ns.
    pub length: f64,
}

/// One GIL at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gil {
    /// Where the lock is, and how long; with some space around it where that is not known exactly.
    pub(super) at: u64,
    pub(super) size: u64,
    /// The thread that holds it, by the kernel's number; `None` if nobody does.
    pub holder: Option<u32>,
}

impl Gil {
    /// Whether a thread that sleeps on this futex waits for this GIL: the lock's mutexes and condition variables are part of it.
    pub fn has_futex(&self, address: u64) -> bool {
        address.wrapping_sub(self.at) < self.size
    }
}

/// Looks several times at a word of a lock which is 0 while nobody holds it. Code that lets a GIL go for a microsecond at each call cannot
/// be told by single looks from code that lets it go for a second.
pub(super) fn changes(memory: &Memory, at: u64) -> Option<Changes> {
    let mut seen = Changes::default();
    let look = || Some(memory.half_now(at)? != 0);
    let began = Instant::now();
    let mut before = look()?;
    for _ in 1..LOOKS {
        let now = look()?;
        seen.pairs += 1.0;
        seen.changes += f64::from(u8::from(now != before));
        before = now;
    }
    seen.length = began.elapsed().as_nanos() as f64;
    Some(seen)
}

impl Runtime {
    /// The GILs of all interpreters in the process: one, unless some have their own (PEP 684). Empty before the first interpreter is
    /// there, and after the last.
    pub fn gils(&self) -> Vec<Gil> {
        let (memory, o) = (&self.memory, &self.offsets);
        let mut gils: Vec<Gil> = Vec::new();
        let mut interpreter = memory.word(field(self.at, o.interpreters_head)).unwrap_or(0);
        for _ in 0..MOST_INTERPRETERS {
            if interpreter == 0 {
                break;
            }
            if let Some(at) = memory.word(field(interpreter, o.ceval_gil)).filter(|at| *at != 0)
                && !gils.iter().any(|gil| gil.at == at)
            {
                gils.push(Gil { at, size: SIZE, holder: self.holder(at) });
            }
            interpreter = memory.word(field(interpreter, o.interpreter_next)).unwrap_or(0);
        }
        gils
    }

    /// Looks at a GIL several times.
    pub fn changes(&self, gil: &Gil) -> Option<Changes> {
        changes(&self.memory, field(gil.at, self.offsets.gil_locked))
    }

    /// Whether a garbage collector runs, in the first interpreter.
    pub fn is_collecting(&self) -> bool {
        let interpreter = self.memory.word(field(self.at, self.offsets.interpreters_head)).filter(|at| *at != 0);
        interpreter.and_then(|at| self.memory.half(field(at, self.offsets.collecting))).is_some_and(|flag| flag != 0)
    }

    fn holder(&self, gil: u64) -> Option<u32> {
        let (memory, o) = (&self.memory, &self.offsets);
        let is_locked = memory.half(field(gil, o.gil_locked))? == 1;
        let thread = memory.word(field(gil, o.gil_holder)).filter(|thread| is_locked && *thread != 0)?;
        memory.word(field(thread, o.native_thread_id)).and_then(|tid| u32::try_from(tid).ok())
    }
}
