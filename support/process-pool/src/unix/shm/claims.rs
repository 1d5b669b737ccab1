//! The mapping of the shared [`ClaimState`].

use std::io;
use std::ops::Deref;
use std::os::fd::BorrowedFd;

use memmap2::MmapRaw;

use super::map::map;
use crate::unix::claim_state::ClaimState;

/// A worker's [`ClaimState`].
pub struct Claims(MmapRaw);

impl Claims {
    /// Maps the state at the beginning of a worker's memory.
    pub fn of(memory: BorrowedFd<'_>) -> io::Result<Claims> {
        map(memory, 4096).map(Claims)
    }
}

impl Deref for Claims {
    type Target = ClaimState;

    fn deref(&self) -> &ClaimState {
        // SAFETY: the mapping is one page, aligned to a page, and lives as long as `self`. The state is three numbers at its
        // beginning, in the order of C, of which any value is valid, and all processes go through atomics here.
        unsafe { &*self.0.as_ptr().cast::<ClaimState>() }
    }
}
