//! How parent and worker agree on which tasks have been begun, without a lock that somebody could die with: three words that
//! both see. `tests/words.rs` proves this file with loom.
//!
//! Tasks are counted from the worker's start, modulo 2^32. Never are so many sent ahead that two of them could be mixed up.

use super::sync::{AtomicU64, Ordering};

/// One word that worker and parent change by compare-and-swap, and two that the worker writes. Whoever dies holds nothing.
#[derive(Debug, Default)]
#[repr(C)]
pub struct ClaimState {
    /// Which tasks may be begun: those below the upper half. How many have been begun, or passed over: the lower half.
    pub(super) claim: AtomicU64,
    /// How many have come to their end.
    pub(super) ended: AtomicU64,
    /// When the running task began, in ns, for those who keep a history.
    pub(super) started: AtomicU64,
}

/// What [`ClaimState`] say at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many tasks have been begun.
    pub begun: u32,
    /// How many have come to their end; one less than `begun` while one runs.
    pub ended: u32,
}

impl ClaimState {
    /// Worker: begins task `n`, unless it was taken back.
    pub fn begin(&self, n: u32) -> bool {
        let claim = |word: u64| {
            let (limit, begun) = split(word);
            // What was taken back stays so, however many tasks behind the limit the worker has passed over already.
            (begun == n && is_before(n, limit)).then(|| join(limit, n.wrapping_add(1)))
        };
        self.claim.fetch_update(Ordering::SeqCst, Ordering::SeqCst, claim).is_ok()
    }

    /// Worker: the task that was begun has ended.
    pub fn end(&self, n: u32) {
        self.ended.store(u64::from(n.wrapping_add(1)), Ordering::Release);
    }

    /// Worker: when the running task began.
    pub fn note_start(&self, ns: u64) {
        self.started.store(ns, Ordering::Relaxed);
    }

    /// Worker: tasks up to `n`, not begun, have been passed over.
    pub fn skip_to(&self, n: u32) {
        // In this order: never does it look as if more had ended than were begun.
        let skip = |word: u64| Some(join(split(word).0, n));
        let _ = self.claim.fetch_update(Ordering::SeqCst, Ordering::SeqCst, skip);
        self.ended.store(u64::from(n), Ordering::Release);
    }

    /// Parent: tasks below `limit` may be begun. Not before the worker has passed over all that was taken back.
    pub fn allow(&self, limit: u32) {
        let raise = |word: u64| Some(join(limit, split(word).1));
        let _ = self.claim.fetch_update(Ordering::SeqCst, Ordering::SeqCst, raise);
    }

    /// Parent: takes back all tasks that have not been begun; returns how many have been.
    pub fn recall(&self) -> u32 {
        let lower = |word: u64| Some(join(split(word).1, split(word).1));
        let before = self.claim.fetch_update(Ordering::SeqCst, Ordering::SeqCst, lower);
        split(before.unwrap_or_else(|word| word)).1
    }

    /// Parent: how far the worker is.
    pub fn progress(&self) -> Progress {
        // The end first: what was begun later than that can only be more.
        let ended = self.ended.load(Ordering::Acquire) as u32;
        Progress { begun: split(self.claim.load(Ordering::SeqCst)).1, ended }
    }

    /// Parent: when the running task began.
    pub fn started(&self) -> u64 {
        self.started.load(Ordering::Relaxed)
    }
}

/// Whether task `n` comes before task `other`.
fn is_before(n: u32, other: u32) -> bool {
    (1..1 << 31).contains(&other.wrapping_sub(n))
}

/// The limit, and how many have been begun.
pub(super) fn split(claim: u64) -> (u32, u32) {
    ((claim >> 32) as u32, claim as u32)
}

pub(super) fn join(limit: u32, begun: u32) -> u64 {
    u64::from(limit) << 32 | u64::from(begun)
}
