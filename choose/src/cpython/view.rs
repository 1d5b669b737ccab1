//! What is seen of the inside of an interpreter, wherever it comes from.

use super::gil::{Changes, Gil};
use super::runtime::Runtime;
#[cfg(feature = "py-spy")]
use super::spy::Spy;
use super::stack::{Stack, StackReader};
use crate::memory::Memory;

/// A CPython whose GIL and frames can be seen.
#[derive(Debug)]
pub struct View(Source);

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

    /// Of CPython 3 of this minor version, which publishes nothing. `None` if it cannot be seen, or not yet. Trying takes tens of ms.
    #[cfg(feature = "py-spy")]
    pub fn spied(pid: u32, minor: u8) -> Option<View> {
        Some(View(Source::Spied(Box::new(Spy::attach(pid, minor)?))))
    }

    /// Without the feature `py-spy` nothing is seen of such an interpreter.
    #[cfg(not(feature = "py-spy"))]
    pub fn spied(_pid: u32, _minor: u8) -> Option<View> {
        None
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

    /// Looks at a GIL several times; `None` where single words cannot be looked at.
    pub fn changes(&self, gil: &Gil) -> Option<Changes> {
        match &self.0 {
            Source::Published(runtime, _) => runtime.changes(gil),
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
