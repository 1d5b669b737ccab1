//! How parent and worker agree on which tasks have been begun, without a lock that somebody could die with.

use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicU64, Ordering};

use memmap2::MmapRaw;

use super::map;

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
