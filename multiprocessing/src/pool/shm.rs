//! Memory that processes share: the one module with `unsafe`, and what it relies on.
//!
//! Every process writes into its own [`Arena`] only, and reads the other side's through a [`Foreign`], which is mapped without
//! the right to write where that is possible. Whoever owns an arena is its only allocator, so there is no lock between
//! processes that somebody could die with. The memory has no name (`memfd`, or a file that is unlinked before it is used):
//! when the last process that holds it is gone, it is gone.
//!
//! What the reading side relies on is that the owner does not change bytes that it has lent, until they are given back. The
//! owner is this very program, and a block cannot be written through once it is shared. A worker that runs wild could still
//! do it, as it could write into its files: then a task gets wrong bytes, never an address out of bounds, and a file that
//! cannot shrink (`F_SEAL_SHRINK`) cannot take the ground away.
#![allow(unsafe_code, reason = "memory that another process sees cannot be had from safe code; see above")]

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::slice;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use memmap2::{MmapOptions, MmapRaw};

/// The largest arenas that are tried: addresses only, until something is written. Address space may be limited.
const SIZES: [u64; 3] = [64 << 30, 2 << 30, 64 << 20];
/// Before the blocks: the page of [`Claims`]. Blocks begin where a huge page can.
const HEAD: usize = 2 << 20;
/// The smallest block; blocks are powers of two.
const SMALLEST: usize = 64 << 10;

/// Memory without a name, as large as the system lets us have it, and its size.
pub fn anonymous() -> io::Result<(OwnedFd, usize)> {
    let file = nameless()?;
    let mut refused = io::Error::from(io::ErrorKind::OutOfMemory);
    for size in SIZES {
        // Can it be as long, and can as much be mapped?
        let fits = file.set_len(size).and_then(|()| map(file.as_fd(), size_of_address(size)?).map(drop));
        match fits {
            Ok(()) => {
                seal(&file);
                return Ok((file.into(), size_of_address(size)?));
            }
            Err(e) => refused = e,
        }
    }
    Err(refused)
}

fn size_of_address(size: u64) -> io::Result<usize> {
    usize::try_from(size).map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))
}

fn map(fd: BorrowedFd<'_>, size: usize) -> io::Result<MmapRaw> {
    MmapOptions::new().len(size).map_raw(&fd)
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
fn nameless() -> io::Result<File> {
    use rustix::fs::{MemfdFlags, memfd_create};
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    // The name is for /proc only. A kernel without it, or a sandbox that forbids it, still has files.
    memfd_create("pool", flags).map(File::from).or_else(|_| unlinked())
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
fn nameless() -> io::Result<File> {
    unlinked()
}

/// A file in the folder for temporary files, whose name is gone before anybody could see it twice.
fn unlinked() -> io::Result<File> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!(".pool-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let path = std::env::temp_dir().join(name);
    let file = File::options().read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

/// Nobody may shorten it: reading behind the end of a mapped file is deadly.
fn seal(file: &File) {
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    {
        use rustix::fs::{SealFlags, fcntl_add_seals};
        // An unlinked file cannot be sealed, and has no name by which anybody could shorten it.
        let _ = fcntl_add_seals(file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL);
    }
    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
    let _ = file;
}

/// Which tasks a worker has begun: one word that worker and parent change by compare-and-swap, and two that the worker
/// writes. Whoever dies holds nothing. Tasks are counted from the worker's start, modulo 2^32.
pub struct Claims(MmapRaw);

/// What [`Claims`] say at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many tasks have been begun.
    pub begun: u32,
    /// How many have come to their end; one less than `begun` while one runs.
    pub ended: u32,
}

impl Claims {
    /// Of the memory of a worker.
    pub fn of(memory: BorrowedFd<'_>) -> io::Result<Claims> {
        map(memory, 4096).map(Claims)
    }

    /// The `n`th word of the page.
    fn word(&self, n: usize) -> &AtomicU64 {
        debug_assert!(n < 3);
        // SAFETY: the mapping is one page, aligned to a page, and lives as long as `self`; n is one of three words in it. All
        // processes go through atomics here.
        unsafe { &*self.0.as_mut_ptr().cast::<AtomicU64>().add(n) }
    }

    /// Worker: begins task `n`, unless it was taken back.
    pub fn begin(&self, n: u32) -> bool {
        let claim = |word: u64| {
            let (limit, begun) = split(word);
            (begun == n && limit != n).then(|| join(limit, n.wrapping_add(1)))
        };
        self.word(0).fetch_update(Ordering::SeqCst, Ordering::SeqCst, claim).is_ok()
    }

    /// Worker: the task that was begun has ended.
    pub fn end(&self, n: u32) {
        self.word(1).store(u64::from(n.wrapping_add(1)), Ordering::Release);
    }

    /// Worker: when the running task began, for those who keep a history.
    pub fn note_start(&self, ns: u64) {
        self.word(2).store(ns, Ordering::Relaxed);
    }

    /// Worker: tasks up to `n`, not begun, have been passed over.
    pub fn skip_to(&self, n: u32) {
        self.word(1).store(u64::from(n), Ordering::Release);
        let _ = self.word(0).fetch_update(Ordering::SeqCst, Ordering::SeqCst, |word| Some(join(split(word).0, n)));
    }

    /// Parent: tasks below `limit` may be begun.
    pub fn allow(&self, limit: u32) {
        let raise = |word: u64| Some(join(limit, split(word).1));
        let _ = self.word(0).fetch_update(Ordering::SeqCst, Ordering::SeqCst, raise);
    }

    /// Parent: takes back all tasks that have not been begun; returns how many have been.
    pub fn recall(&self) -> u32 {
        let lower = |word: u64| Some(join(split(word).1, split(word).1));
        let before = self.word(0).fetch_update(Ordering::SeqCst, Ordering::SeqCst, lower);
        split(before.unwrap_or_else(|word| word)).1
    }

    /// Parent: how far the worker is.
    pub fn progress(&self) -> Progress {
        // The end first: what was begun later than that can only be more.
        let ended = self.word(1).load(Ordering::Acquire) as u32;
        Progress { begun: split(self.word(0).load(Ordering::SeqCst)).1, ended }
    }

    /// Parent: when the running task began.
    pub fn started(&self) -> u64 {
        self.word(2).load(Ordering::Relaxed)
    }
}

fn split(word: u64) -> (u32, u32) {
    ((word >> 32) as u32, word as u32)
}

fn join(limit: u32, begun: u32) -> u64 {
    u64::from(limit) << 32 | u64::from(begun)
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
pub struct Foreign {
    map: MmapRaw,
    /// How many [`View`]s there are.
    views: AtomicUsize,
    /// Blocks of which nobody here has a view any more, and whether there may be any.
    read: Mutex<Vec<u64>>,
    any_read: AtomicBool,
}

impl Foreign {
    /// The memory of another process.
    pub fn new(memory: BorrowedFd<'_>, size: usize) -> io::Result<Arc<Foreign>> {
        let map = MmapOptions::new().len(size).map_raw_read_only(&memory)?;
        Ok(Arc::new(Foreign {
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
    foreign: Arc<Foreign>,
    at: u64,
    len: u64,
}

impl View {
    /// Where it begins.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Whether it is a part of this memory.
    pub fn is_of(&self, foreign: &Arc<Foreign>) -> bool {
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
