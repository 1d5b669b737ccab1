//! A CPython in another process: its memory, and where in it things are.

use super::offsets::Offsets;
use crate::memory::Memory;

/// A CPython whose memory can be read and understood.
#[derive(Debug)]
pub struct Runtime {
    /// The memory of its process.
    pub memory: Memory,
    pub(super) offsets: Offsets,
    /// Where its `_PyRuntime` is.
    pub(super) at: u64,
}

impl Runtime {
    /// Minor version, and whether it was built without a GIL.
    pub fn version(&self) -> (u8, bool) {
        (self.offsets.minor, self.offsets.free_threaded)
    }
}
