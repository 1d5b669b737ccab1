//! CPython before 3.13, by the crate `py-spy`, which knows the structures of each version.

use std::collections::HashMap;
use std::fmt;

use py_spy::config::LockingStrategy;
use py_spy::{Config, PythonSpy, StackTrace};

use crate::procfs;

use super::gil::{Changes, Gil, SIZE, changes};
use super::stack::{Frames, Line, Stack};
use crate::memory::{Memory, field};

/// From 3.12 on the interpreter has its own GIL, whose address is known.
const OWN_GIL: u8 = 12;
/// Before, the GIL lies so close in front of the word that tells who holds it (`ceval` and `gilstate` of `_PyRuntimeState`). No other
/// lock of theirs is in this range: they are allocated elsewhere.
const RUNTIME_STATE: u64 = 512;
/// The process goes on while its stacks are read, so what was read may not fit together: then they are read again, this often.
const TRIES: usize = 3;
/// From the beginning of a GIL of its own to the word that says whether it is locked (`_gil_runtime_state` of 3.12).
const LOCKED: u64 = 16;
/// Samples without any answer, after which the interpreter is taken for gone.
const FAILURES: u32 = 5;
/// The kernel's number of a thread is within so many bytes of the address by which the C library knows it.
const DESCRIPTOR: usize = 1024;

/// A CPython of which py-spy knows where things are.
pub struct Spy {
    spy: PythonSpy,
    pid: u32,
    /// The number of its first thread as the process itself knows it: another one in a PID namespace.
    inner: u32,
    pub(super) minor: u8,
    pub(super) memory: Memory,
    /// As of the last look.
    stacks: HashMap<u32, Stack>,
    holder: Option<u32>,
    failures: u32,
    /// From the C library's address of a thread to the kernel's number of it.
    tid_at: Option<u64>,
}

impl fmt::Debug for Spy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spy").field("pid", &self.pid).field("minor", &self.minor).finish_non_exhaustive()
    }
}

impl Spy {
    /// Looks for the interpreter of a process, which takes tens of ms of CPU time. `None` if it is not there yet, or may not be read.
    pub fn attach(pid: u32, minor: u8) -> Option<Spy> {
        let config = Config {
            // Nothing of the program is changed: it is not stopped.
            blocking: LockingStrategy::NonBlocking,
            collect_thread_names: false,
            full_filenames: true,
            ..Config::default()
        };
        let spy = PythonSpy::new(i32::try_from(pid).ok()?, &config).ok()?;
        let memory = Memory::of(pid).ok()?;
        let inner = procfs::number_inside(pid, pid).unwrap_or(pid);
        let mut spy = Spy {
            spy,
            pid,
            inner,
            minor,
            memory,
            stacks: HashMap::new(),
            holder: None,
            failures: FAILURES,
            tid_at: None,
        };
        (!spy.look().is_empty()).then_some(spy)
    }

    /// Reads all stacks, and who holds the GIL. Empty once the interpreter is gone; if what is read does not fit together, the last
    /// answer counts.
    pub fn look(&mut self) -> Vec<Gil> {
        match (0..TRIES).find_map(|_| self.spy.get_stack_traces().ok()).filter(|traces| !traces.is_empty()) {
            Some(traces) => {
                self.failures = 0;
                self.keep(&traces);
            }
            None => self.failures = self.failures.saturating_add(1),
        }
        if self.failures >= FAILURES { Vec::new() } else { vec![self.gil()] }
    }

    fn gil(&self) -> Gil {
        let at = self.spy.addresses.threadstate_address as u64;
        let (at, size) =
            if self.minor >= OWN_GIL { (at, SIZE) } else { (at.saturating_sub(RUNTIME_STATE), RUNTIME_STATE) };
        Gil { at, size, holder: self.holder }
    }

    /// Looks at the GIL several times. Before 3.12 the word of its holder is 0 while there is none.
    pub fn changes(&self) -> Option<Changes> {
        let at = self.spy.addresses.threadstate_address as u64;
        changes(&self.memory, if self.minor >= OWN_GIL { field(at, LOCKED) } else { at })
    }

    fn keep(&mut self, traces: &[StackTrace]) {
        if self.tid_at.is_none() {
            self.tid_at = traces.iter().find_map(|trace| self.place_of_tid(trace.thread_id));
        }
        self.stacks.clear();
        self.holder = None;
        for trace in traces {
            let Some(tid) = self.tid(trace) else { continue };
            if trace.owns_gil {
                self.holder = Some(tid);
            }
            self.stacks.insert(tid, stack(trace));
        }
    }

    /// The kernel's number of a thread. CPython keeps it from 3.11 on; before, the C library does.
    fn tid(&self, trace: &StackTrace) -> Option<u32> {
        match trace.os_thread_id {
            Some(tid) => u32::try_from(tid).ok(),
            None => self.memory.half(field(trace.thread_id, self.tid_at?)),
        }
    }

    /// Where the C library keeps the kernel's number, if this is the first thread: its number is known.
    fn place_of_tid(&self, descriptor: u64) -> Option<u64> {
        let bytes = self.memory.many(descriptor, DESCRIPTOR)?;
        let place = bytes.chunks_exact(4).position(|word| word == self.inner.to_ne_bytes())?;
        Some(4 * place as u64)
    }

    /// The stack of a thread, as of the last look.
    pub fn stack(&self, tid: u32) -> Option<Stack> {
        self.stacks.get(&tid).cloned()
    }
}

fn stack(trace: &StackTrace) -> Stack {
    let mut seen = Frames::default();
    for frame in &trace.frames {
        if seen.needs(&frame.filename) {
            seen.add(Line {
                file: frame.filename.as_str().into(),
                function: frame.name.as_str().into(),
                line: u32::try_from(frame.line).unwrap_or(0),
                library: None,
            });
        }
        if seen.is_import {
            break;
        }
    }
    seen.stack()
}
