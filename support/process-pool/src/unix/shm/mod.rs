//! Memory that processes share: one of the pool's two modules with `unsafe` (and [`claims`] in it), and what it relies on.
//!
//! Every process writes into its own [`Arena`] only, and reads the other side's through a [`RemoteArena`], which is mapped without
//! the right to write where that is possible. Whoever owns an arena is its only allocator, so there is no lock between
//! processes that somebody could die with. The memory has no name (`memfd`, or a file that is unlinked before it is used):
//! when the last process that holds it is gone, it is gone.
//!
//! What the reading side relies on is that the owner does not change bytes that it has lent, until they are given back. The
//! owner is this very program, and a block cannot be written through once it is shared. A worker that runs wild could still
//! do it, as it could write into its files: then a task gets wrong bytes, never an address out of bounds, and a file that
//! cannot shrink (`F_SEAL_SHRINK`) cannot take the ground away.
#![allow(unsafe_code, reason = "memory that another process sees cannot be had from safe code; see above")]

mod claims;
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

/// Before the blocks: the page of [`Claims`]. Blocks begin where a huge page can.
const HEAD: usize = 2 << 20;
/// The smallest block; blocks are powers of two.
const SMALLEST: usize = 64 << 10;

fn map(fd: BorrowedFd<'_>, size: usize) -> io::Result<MmapRaw> {
    MmapOptions::new().len(size).map_raw(&fd)
}

/// Memory that this process gives out in blocks and lends to others.
pub struct Arena {
    map: MmapRaw,
    room: Mutex<Room>,
}

/// What of an arena is free.
struct Room {
    /// From here on nothing was ever given out.
    end: usize,
    /// Blocks that came back, by size: they are in memory already, which is what makes them quick.
    free: BTreeMap<usize, Vec<usize>>,
}

impl Arena {
    /// Blocks of this memory, of which nobody else gives out any.
    pub fn new(memory: BorrowedFd<'_>, size: usize) -> io::Result<Arc<Arena>> {
        let map = map(memory, size)?;
        // Fewer page faults for large blocks. A system without huge pages declines, and nothing is lost.
        #[cfg(target_os = "linux")]
        let _ = map.advise_range(memmap2::Advice::HugePage, HEAD, size.saturating_sub(HEAD));
        Ok(Arc::new(Arena { map, room: Mutex::new(Room { end: HEAD, free: BTreeMap::new() }) }))
    }

    /// A block of at least `len` bytes, if there is room.
    pub fn block(self: &Arc<Self>, len: usize) -> Option<Block> {
        let size = len.max(SMALLEST).checked_next_power_of_two()?;
        let mut room = self.room();
        let at = match room.free.get_mut(&size).and_then(Vec::pop) {
            Some(at) => at,
            None => {
                let at = room.end;
                room.end = at.checked_add(size).filter(|end| *end <= self.map.len())?;
                at
            }
        };
        Some(Block { arena: Arc::clone(self), at, size, len })
    }

    fn room(&self) -> MutexGuard<'_, Room> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A part of this process's arena that is in nobody else's hands for writing. It goes back when it is dropped.
pub struct Block {
    arena: Arc<Arena>,
    at: usize,
    size: usize,
    len: usize,
}

impl Block {
    /// Where it begins.
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

    /// To be filled. It holds what its last user left.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above; and whoever has it by `&mut` has not lent it yet: lending takes it by value into an `Arc`.
        unsafe { slice::from_raw_parts_mut(self.arena.map.as_mut_ptr().add(self.at), self.len) }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        self.arena.room().free.entry(self.size).or_default().push(self.at);
    }
}

/// The arena of another process, to be read.
pub struct RemoteArena {
    map: MmapRaw,
    /// How many [`View`]s there are.
    views: AtomicUsize,
    /// Blocks of which nobody here has a view any more, and whether there may be any.
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

    /// Bytes that the other process says are there; `None` if they cannot be.
    pub fn bytes(&self, at: u64, len: u64) -> Option<&[u8]> {
        let (at, len) = (usize::try_from(at).ok()?, usize::try_from(len).ok()?);
        let inside = at >= HEAD && at.checked_add(len)? <= self.map.len();
        // SAFETY: inside the mapping, which lives as long as `self`. That the owner leaves them alone meanwhile is what this
        // module relies on, see its head.
        inside.then(|| unsafe { slice::from_raw_parts(self.map.as_ptr().add(at), len) })
    }

    /// Bytes that stay lent while there is a view of them.
    pub fn view(self: &Arc<Self>, at: u64, len: u64) -> Option<View> {
        self.bytes(at, len)?;
        self.views.fetch_add(1, Ordering::Relaxed);
        Some(View { foreign: Arc::clone(self), at, len })
    }

    /// Whether a view is still held.
    pub fn is_viewed(&self) -> bool {
        self.views.load(Ordering::Relaxed) != 0
    }

    /// The owner may have this block back.
    pub fn give_back(&self, at: u64) {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).push(at);
        self.any_read.store(true, Ordering::Release);
    }

    /// What can be given back since this was last asked.
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
    /// Where it begins.
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
