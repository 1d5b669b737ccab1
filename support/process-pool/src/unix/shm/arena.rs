//! Memory of this process that others can read.

use std::io;
use std::os::fd::BorrowedFd;
use std::slice;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use memmap2::MmapRaw;

use super::map::{HEAD, map};
use super::nameless::is_sealed;
use super::space::{Space, Taken};
use crate::limits::KEPT_MEMORY;

/// Memory of which this process allocates blocks and lends them to others.
pub struct Arena {
    map: MmapRaw,
    /// Whether writing to a page for the first time may fail, which raises SIGBUS.
    may_fail: bool,
    space: Mutex<Space>,
}

impl Arena {
    /// An arena on this memory, of which it must be the only allocator.
    pub fn new(memory: BorrowedFd<'_>, size: usize) -> io::Result<Arc<Arena>> {
        let map = map(memory, size)?;
        // Huge pages mean fewer page faults; a system without them declines, and nothing is lost.
        #[cfg(target_os = "linux")]
        let _ = map.advise_range(memmap2::Advice::HugePage, HEAD, size.saturating_sub(HEAD));
        Ok(Arc::new(Arena { map, may_fail: !is_sealed(memory), space: Mutex::new(Space::new(HEAD..size)) }))
    }

    /// A block of at least `len` bytes, if there is room.
    pub fn block(self: &Arc<Self>, len: usize) -> Option<Block> {
        let first = self.space().take(len);
        let taken = match first {
            Some(taken) => taken,
            None => {
                // Warm parts may lie between cold ones.
                self.trim();
                self.space().take(len)?
            }
        };
        if taken.cold && self.may_fail && !self.populate(taken) {
            self.give_back(std::iter::once(taken.at..taken.at + taken.size));
            return None;
        }
        Some(Block { arena: Arc::clone(self), at: taken.at, size: taken.size, len })
    }

    /// Gives all free memory back to the system.
    pub fn trim(&self) {
        let warm = self.space().cool(0);
        self.give_back(warm);
    }

    /// Allocates the pages of a part. False if that is impossible, or cannot be known.
    fn populate(&self, part: Taken) -> bool {
        #[cfg(target_os = "linux")]
        return self.map.advise_range(memmap2::Advice::PopulateWrite, part.at, part.size).is_ok();
        #[cfg(not(target_os = "linux"))]
        return part.size == 0;
    }

    fn give_back(&self, parts: impl IntoIterator<Item = std::ops::Range<usize>>) {
        for part in parts {
            // SAFETY: the part is free, and was taken for this: neither side has a reference into it. Its pages are read as
            // zeros afterwards. Where the system cannot do that, they stay, and nothing is lost.
            #[cfg(target_os = "linux")]
            let _ = unsafe {
                let remove = memmap2::UncheckedAdvice::Remove;
                self.map.unchecked_advise_range(remove, part.start, part.end - part.start)
            };
            self.space().give_cold(part);
        }
    }

    fn space(&self) -> MutexGuard<'_, Space> {
        self.space.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An allocated part of this process's arena, freed on drop.
pub struct Block {
    arena: Arc<Arena>,
    at: usize,
    size: usize,
    len: usize,
}

impl Block {
    /// Its offset.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Whether it is a part of this arena.
    pub fn is_of(&self, arena: &Arc<Arena>) -> bool {
        Arc::ptr_eq(&self.arena, arena)
    }

    /// What is in it.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: `at .. at + size` was cut out of the mapping by the arena, which gives no byte to two blocks, and the arena
        // lives as long as this block. Others only read it. Bytes of a mapping are initialized.
        unsafe { slice::from_raw_parts(self.arena.map.as_ptr().add(self.at), self.len) }
    }

    /// The bytes to be filled. They hold what the previous user left.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above; and a block that is borrowed mutably is not lent yet: lending moves it into an `Arc`.
        unsafe { slice::from_raw_parts_mut(self.arena.map.as_mut_ptr().add(self.at), self.len) }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        let cooled = self.arena.space().give(self.at, self.size, KEPT_MEMORY);
        self.arena.give_back(cooled);
    }
}
