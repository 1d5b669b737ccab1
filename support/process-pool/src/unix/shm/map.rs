//! Mapping of shared memory, for reading and writing.

use std::io;
use std::os::fd::BorrowedFd;

use memmap2::{MmapOptions, MmapRaw};

/// Before the blocks: the pages of the claims. Blocks begin at a huge-page boundary.
pub(super) const HEAD: usize = 2 << 20;

pub(super) fn map(fd: BorrowedFd<'_>, size: usize) -> io::Result<MmapRaw> {
    MmapOptions::new().len(size).map_raw(&fd)
}
