//! Shared memory: one of the pool's two modules with `unsafe` (here and in [`claims`]), and what it relies on.
//!
//! Every process writes only to its own [`Arena`] and reads the other's through a [`RemoteArena`], which is mapped
//! read-only. The owner of an arena is its only allocator, so there is no lock between processes whose holder may die.
//! The memory has no name (`memfd`, or a file that is unlinked before use): it is freed with the last process that
//! holds it.
//!
//! The reading side relies on the owner not changing lent bytes until they are given back. The owner is this very
//! program, and a block cannot be written to once it is shared. A worker with corrupted memory could still do it: then
//! a task gets wrong bytes, never an address out of bounds, and as the file cannot shrink (`F_SEAL_SHRINK`), it cannot
//! cause SIGBUS.
#![allow(unsafe_code, reason = "memory that another process sees cannot be had from safe code; see above")]

mod claims;
mod map;
mod nameless;

use std::collections::BTreeMap;
use std::io;
use std::os::fd::BorrowedFd;
use std::slice;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use memmap2::{MmapOptions, MmapRaw};

pub use claims::Claims;
pub use nameless::anonymous;

use map::map;

/// Before the blocks: the page of [`Claims`]. Blocks begin at a huge-page boundary.
const HEAD: usize = 2 << 20;
/// The smallest block; blocks are powers of two.
const SMALLEST: usize = 64 << 10;

/// Memory of which this process allocates blocks and lends them to others.
pub struct Arena {
    map: MmapRaw,
    free_space: Mutex<FreeSpace>,
}

/// The free parts of an arena.
struct FreeSpace {
    /// Nothing behind this was ever allocated.
    end: usize,
    /// Freed blocks by size; reusing them is quick, as their pages are present.
    free: BTreeMap<usize, Vec<usize>>,
}

impl Arena {
    /// An arena on this memory, of which it must be the only allocator.
    pub fn new(memory: BorrowedFd<'_>, size: usize) -> io::Result<Arc<Arena>> {
        let map = map(memory, size)?;
        // Huge pages mean fewer page faults; a system without them declines, and nothing is lost.
        #[cfg(target_os = "linux")]
        let _ = map.advise_range(memmap2::Advice::HugePage, HEAD, size.saturating_sub(HEAD));
        Ok(Arc::new(Arena { map, free_space: Mutex::new(FreeSpace { end: HEAD, free: BTreeMap::new() }) }))
    }

    /// A block of at least `len` bytes, if there is room.
    pub fn block(self: &Arc<Self>, len: usize) -> Option<Block> {
        let size = len.max(SMALLEST).checked_next_power_of_two()?;
        let mut free_space = self.free_space();
        let at = match free_space.free.get_mut(&size).and_then(Vec::pop) {
            Some(at) => at,
            None => {
                let at = free_space.end;
                free_space.end = at.checked_add(size).filter(|end| *end <= self.map.len())?;
                at
            }
        };
        Some(Block { arena: Arc::clone(self), at, size, len })
    }

    fn free_space(&self) -> MutexGuard<'_, FreeSpace> {
        self.free_space.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.arena.free_space().free.entry(self.size).or_default().push(self.at);
    }
}

/// The arena of another process, read-only.
pub struct RemoteArena {
    map: MmapRaw,
    /// The number of living [`View`]s.
    views: AtomicUsize,
    /// Blocks without a view, to be given back, and whether there are any.
    read: Mutex<Vec<u64>>,
    any_read: AtomicBool,
}

impl RemoteArena {
    /// The memory of another process.
    pub fn new(memory: BorrowedFd<'_>, size: usize) -> io::Result<Arc<RemoteArena>> {
        let map = MmapOptions::new().len(size).map_raw_read_only(&memory)?;
        Ok(Arc::new(RemoteArena {
            map,
            views: AtomicUsize::new(0),
            read: Mutex::default(),
            any_read: AtomicBool::new(false),
        }))
    }

    /// Bytes at a location that the other process sent; `None` if it is out of bounds.
    pub fn bytes(&self, at: u64, len: u64) -> Option<&[u8]> {
        let (at, len) = (usize::try_from(at).ok()?, usize::try_from(len).ok()?);
        let inside = at >= HEAD && at.checked_add(len)? <= self.map.len();
        // SAFETY: inside the mapping, which lives as long as `self`. That the owner leaves them alone meanwhile is what this
        // module relies on, see its head.
        inside.then(|| unsafe { slice::from_raw_parts(self.map.as_ptr().add(at), len) })
    }

    /// Bytes that stay lent while the view lives.
    pub fn view(self: &Arc<Self>, at: u64, len: u64) -> Option<View> {
        self.bytes(at, len)?;
        self.views.fetch_add(1, Ordering::Relaxed);
        Some(View { foreign: Arc::clone(self), at, len })
    }

    /// Whether a view is still held.
    pub fn is_viewed(&self) -> bool {
        self.views.load(Ordering::Relaxed) != 0
    }

    /// Marks a block to be given back to its owner.
    pub fn give_back(&self, at: u64) {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).push(at);
        self.any_read.store(true, Ordering::Release);
    }

    /// Takes the blocks to be given back.
    pub fn take_read(&self) -> Vec<u64> {
        if !self.any_read.load(Ordering::Acquire) || !self.any_read.swap(false, Ordering::AcqRel) {
            return Vec::new();
        }
        std::mem::take(&mut *self.read.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A part of another process's arena.
pub struct View {
    foreign: Arc<RemoteArena>,
    at: u64,
    len: u64,
}

impl View {
    /// Its offset.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Whether it is a part of this memory.
    pub fn is_of(&self, foreign: &Arc<RemoteArena>) -> bool {
        Arc::ptr_eq(&self.foreign, foreign)
    }

    /// What is in it.
    pub fn bytes(&self) -> &[u8] {
        self.foreign.bytes(self.at, self.len).unwrap_or_default()
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.foreign.give_back(self.at);
        self.foreign.views.fetch_sub(1, Ordering::Relaxed);
    }
}
