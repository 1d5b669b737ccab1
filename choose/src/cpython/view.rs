//! What is seen of the inside of an interpreter, wherever it comes from.

use std::thread::JoinHandle;

use super::gil::{Changes, Gil};
use super::runtime::Runtime;
#[cfg(feature = "py-spy")]
use super::spy::Spy;
use super::stack::{Stack, StackReader};
use crate::memory::Memory;

/// A CPython whose GIL and frames can be seen.
#[derive(Debug)]
pub struct View(Source);

/// Looks for the interpreter of CPython 3 of a minor version which publishes nothing. That takes tens of ms, in which the program goes on:
/// so a thread does it.
#[derive(Debug)]
pub struct Search(JoinHandle<Option<View>>);

impl Search {
    /// Begins; `None` without the feature `py-spy`, or without a thread.
    #[cfg(feature = "py-spy")]
    pub fn begin(pid: u32, minor: u8) -> Option<Search> {
        let attach = move || Some(View(Source::Spied(Box::new(Spy::attach(pid, minor)?))));
        std::thread::Builder::new().name("search".into()).spawn(attach).ok().map(Search)
    }

    /// Without the feature `py-spy` nothing is seen of such an interpreter.
    #[cfg(not(feature = "py-spy"))]
    pub fn begin(_pid: u32, _minor: u8) -> Option<Search> {
        None
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.0.is_finished()
    }

    /// What it has found. Waits for its end. `None` if the interpreter cannot be seen, or not yet.
    pub fn result(self) -> Option<View> {
        self.0.join().ok().flatten()
    }
}

#[derive(Debug)]
enum Source {
    /// It publishes where they are.
    Published(Box<Runtime>, StackReader),
    /// The crate `py-spy` knows where they are.
    #[cfg(feature = "py-spy")]
    Spied(Box<Spy>),
}

impl View {
    /// Of an interpreter that publishes where things are.
    pub(super) fn published(runtime: Runtime) -> View {
        View(Source::Published(Box::new(runtime), StackReader::default()))
    }

    /// Minor version, and whether it was built without a GIL.
    pub fn version(&self) -> (u8, bool) {
        match &self.0 {
            Source::Published(runtime, _) => runtime.version(),
            #[cfg(feature = "py-spy")]
            Source::Spied(spy) => (spy.minor, false),
        }
    }

    /// The memory of its process.
    pub fn memory(&self) -> &Memory {
        match &self.0 {
            Source::Published(runtime, _) => &runtime.memory,
            #[cfg(feature = "py-spy")]
            Source::Spied(spy) => &spy.memory,
        }
    }

    /// Looks at it again. The GILs: empty before the first interpreter is there, and after the last.
    pub fn look(&mut self) -> Vec<Gil> {
        match &mut self.0 {
            Source::Published(runtime, _) => runtime.gils(),
            #[cfg(feature = "py-spy")]
            Source::Spied(spy) => spy.look(),
        }
    }

    /// Looks at a GIL several times; `None` where it cannot be read any more.
    pub fn changes(&self, gil: &Gil) -> Option<Changes> {
        match &self.0 {
            Source::Published(runtime, _) => runtime.changes(gil),
            #[cfg(feature = "py-spy")]
            Source::Spied(spy) => spy.changes(),
        }
    }

    /// Whether the garbage collector runs; `None` where that cannot be seen.
    pub fn is_collecting(&self) -> Option<bool> {
        match &self.0 {
            Source::Published(runtime, _) => Some(runtime.is_collecting()),
            #[cfg(feature = "py-spy")]
            Source::Spied(_) => None,
        }
    }

    /// The stack of a thread; `None` if the interpreter does not know the thread, or nothing fits together.
    pub fn stack(&mut self, tid: u32) -> Option<Stack> {
        match &mut self.0 {
            Source::Published(runtime, reader) => reader.read(runtime, tid),
            #[cfg(feature = "py-spy")]
            Source::Spied(spy) => spy.stack(tid),
        }
    }
}
