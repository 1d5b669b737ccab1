//! Memory of another process, and what it has lent to this one.

use std::io;
use std::os::fd::BorrowedFd;
use std::slice;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use memmap2::{MmapOptions, MmapRaw};

use super::map::HEAD;
use crate::limits::KEPT_BUFFER;

/// The arena of another process, read-only.
pub struct RemoteArena {
    map: MmapRaw,
    /// Blocks that are not read any more, once for each time that they were lent; and whether there are any.
    read: Mutex<Vec<u64>>,
    any_read: AtomicBool,
    /// About how many bytes they are.
    read_bytes: AtomicU64,
    /// Called when much waits to be given back.
    has_much: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

impl RemoteArena {
    /// The memory of another process.
    pub fn new(memory: BorrowedFd<'_>, size: usize) -> io::Result<Arc<RemoteArena>> {
        let map = MmapOptions::new().len(size).map_raw_read_only(&memory)?;
        let (read, any_read, read_bytes) = (Mutex::default(), AtomicBool::new(false), AtomicU64::new(0));
        Ok(Arc::new(RemoteArena { map, read, any_read, read_bytes, has_much: OnceLock::new() }))
    }

    /// Has `call` called, by whatever thread, when more waits to be given back than an idle owner should keep.
    pub fn when_much_was_read(&self, call: impl Fn() + Send + Sync + 'static) {
        let _ = self.has_much.set(Box::new(call));
    }

    /// Bytes at a location that the other process sent; `None` if it is out of bounds.
    pub fn bytes(&self, at: u64, len: u64) -> Option<&[u8]> {
        let (at, len) = (usize::try_from(at).ok()?, usize::try_from(len).ok()?);
        let inside = at >= HEAD && at.checked_add(len)? <= self.map.len();
        // SAFETY: inside the mapping, which lives as long as `self`. That the owner leaves them alone meanwhile is what this
        // module relies on, see its head.
        inside.then(|| unsafe { slice::from_raw_parts(self.map.as_ptr().add(at), len) })
    }

    /// A block that the other process has lent with one message: to be given back once, when nothing reads it any more.
    pub fn lending(self: &Arc<Self>, at: u64) -> Lending {
        Lending { foreign: Arc::clone(self), at, len: AtomicU64::new(0) }
    }

    /// Marks a block of this length to be given back to its owner.
    pub fn give_back(&self, at: u64, len: u64) {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).push(at);
        let waiting = self.read_bytes.fetch_add(len, Ordering::Relaxed) + len;
        self.any_read.store(true, Ordering::Release);
        if waiting >= KEPT_BUFFER as u64
            && let Some(call) = self.has_much.get()
        {
            call();
        }
    }

    /// Takes the blocks to be given back.
    pub fn take_read(&self) -> Vec<u64> {
        if !self.any_read.load(Ordering::Acquire) || !self.any_read.swap(false, Ordering::AcqRel) {
            return Vec::new();
        }
        self.read_bytes.store(0, Ordering::Relaxed);
        std::mem::take(&mut *self.read.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// About how many bytes wait to be given back.
    pub fn read_bytes(&self) -> u64 {
        self.read_bytes.load(Ordering::Relaxed)
    }
}

/// One lent block. Dropped with its last [`View`].
pub struct Lending {
    foreign: Arc<RemoteArena>,
    at: u64,
    /// The length of the longest view.
    len: AtomicU64,
}

impl Lending {
    /// Its offset.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// How much of it is used, in bytes.
    pub fn len(&self) -> usize {
        usize::try_from(self.len.load(Ordering::Relaxed)).unwrap_or(usize::MAX)
    }

    /// The first `len` bytes of it; `None` if they are out of bounds.
    pub fn view(self: &Arc<Self>, len: u64) -> Option<View> {
        self.foreign.bytes(self.at, len)?;
        self.len.fetch_max(len, Ordering::Relaxed);
        Some(View { lending: Arc::clone(self), len })
    }
}

impl Drop for Lending {
    fn drop(&mut self) {
        self.foreign.give_back(self.at, self.len.load(Ordering::Relaxed));
    }
}

/// Bytes in a block that another process has lent.
pub struct View {
    lending: Arc<Lending>,
    len: u64,
}

impl View {
    /// The offset of its block.
    pub fn at(&self) -> u64 {
        self.lending.at
    }

    /// Whether it is a part of this memory.
    pub fn is_of(&self, foreign: &Arc<RemoteArena>) -> bool {
        Arc::ptr_eq(&self.lending.foreign, foreign)
    }

    /// What is in it.
    pub fn bytes(&self) -> &[u8] {
        self.lending.foreign.bytes(self.lending.at, self.len).unwrap_or_default()
    }
}
