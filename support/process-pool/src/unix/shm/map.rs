//! Mapping of shared memory, for reading and writing.

use std::io;
use std::os::fd::BorrowedFd;

use memmap2::{MmapOptions, MmapRaw};

pub(super) fn map(fd: BorrowedFd<'_>, size: usize) -> io::Result<MmapRaw> {
    MmapOptions::new().len(size).map_raw(&fd)
}
