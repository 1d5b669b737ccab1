//! Who holds the GIL: two words of the interpreter's memory for each sample.

use std::time::Instant;

use super::runtime::Runtime;

/// More interpreters than this in one process are not looked at.
const MOST_INTERPRETERS: usize = 64;
/// A GIL with its condition variables and mutexes is smaller than this in all versions.
pub(super) const SIZE: u64 = 320;

/// Looks at the GIL one right after the other.
const LOOKS: u32 = 10;

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
        (self.at..self.at + self.size).contains(&address)
    }
}

impl Runtime {
    /// The GILs of all interpreters in the process: one, unless some have their own (PEP 684). Empty before the first interpreter is
    /// there, and after the last.
    pub fn gils(&self) -> Vec<Gil> {
        let (memory, o) = (&self.memory, &self.offsets);
        let mut gils: Vec<Gil> = Vec::new();
        let mut interpreter = memory.word(self.at + o.interpreters_head).unwrap_or(0);
        for _ in 0..MOST_INTERPRETERS {
            if interpreter == 0 {
                break;
            }
            if let Some(at) = memory.word(interpreter + o.ceval_gil).filter(|at| *at != 0)
                && !gils.iter().any(|gil| gil.at == at)
            {
                gils.push(Gil { at, size: SIZE, holder: self.holder(at) });
            }
            interpreter = memory.word(interpreter + o.interpreter_next).unwrap_or(0);
        }
        gils
    }

    /// Looks at a GIL several times. Code that lets it go for a microsecond at each call cannot be told by single looks from code that
    /// lets it go for a second.
    pub fn changes(&self, gil: &Gil) -> Option<Changes> {
        let mut seen = Changes::default();
        let look = || self.memory.half_now(gil.at + self.offsets.gil_locked);
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

    fn holder(&self, gil: u64) -> Option<u32> {
        let (memory, o) = (&self.memory, &self.offsets);
        let is_locked = memory.half(gil + o.gil_locked)? == 1;
        let thread = memory.word(gil + o.gil_holder).filter(|thread| is_locked && *thread != 0)?;
        memory.word(thread + o.native_thread_id).and_then(|tid| u32::try_from(tid).ok())
    }
}
