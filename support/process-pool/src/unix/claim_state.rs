//! The state that parent and worker share to agree on which tasks have begun: three atomics, and no lock whose holder
//! may die. `tests/claim_state.rs` verifies this file with loom.
//!
//! Tasks are counted from the worker's start, modulo 2^32; fewer than 2^31 are sent ahead, so the order is unambiguous.

use super::sync::{AtomicU64, Ordering};

/// One atomic that both change by compare-and-swap, and two that the worker writes. Lock-free: a dead process leaves
/// nothing locked.
#[derive(Debug, Default)]
#[repr(C)]
pub struct ClaimState {
    /// Upper half: the limit, below which tasks may begin. Lower half: how many have begun or were skipped.
    pub(super) claim: AtomicU64,
    /// How many tasks have ended.
    pub(super) ended: AtomicU64,
    /// When the running task began, in ns, if runs are recorded.
    pub(super) started: AtomicU64,
}

/// A snapshot of [`ClaimState`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many tasks have begun.
    pub begun: u32,
    /// How many have ended; one less than `begun` while a task runs.
    pub ended: u32,
}

impl ClaimState {
    /// Worker: begins task `n`, unless it was recalled.
    pub fn begin(&self, n: u32) -> bool {
        let claim = |word: u64| {
            let (limit, begun) = split(word);
            // Recalled tasks stay recalled, however many tasks behind the limit the worker has skipped.
            (begun == n && is_before(n, limit)).then(|| join(limit, n.wrapping_add(1)))
        };
        self.claim.fetch_update(Ordering::SeqCst, Ordering::SeqCst, claim).is_ok()
    }

    /// Worker: task `n` has ended.
    pub fn end(&self, n: u32) {
        self.ended.store(u64::from(n.wrapping_add(1)), Ordering::Release);
    }

    /// Worker: when the running task began.
    pub fn note_start(&self, ns: u64) {
        self.started.store(ns, Ordering::Relaxed);
    }

    /// Worker: all tasks before `n` have begun or were skipped.
    pub fn skip_to(&self, n: u32) {
        // Store `ended` last, so that `begun >= ended`.
        let skip = |word: u64| Some(join(split(word).0, n));
        let _ = self.claim.fetch_update(Ordering::SeqCst, Ordering::SeqCst, skip);
        self.ended.store(u64::from(n), Ordering::Release);
    }

    /// Parent: allows tasks below `limit`. Only after the worker has skipped all recalled tasks.
    pub fn allow(&self, limit: u32) {
        let raise = |word: u64| Some(join(limit, split(word).1));
        let _ = self.claim.fetch_update(Ordering::SeqCst, Ordering::SeqCst, raise);
    }

    /// Parent: recalls all tasks that have not begun; returns how many have.
    pub fn recall(&self) -> u32 {
        let lower = |word: u64| Some(join(split(word).1, split(word).1));
        let before = self.claim.fetch_update(Ordering::SeqCst, Ordering::SeqCst, lower);
        split(before.unwrap_or_else(|word| word)).1
    }

    /// Parent: the worker's progress.
    pub fn progress(&self) -> Progress {
        // Load `ended` first, so that `begun >= ended`.
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

/// Splits a claim into the limit and the number begun.
pub(super) fn split(claim: u64) -> (u32, u32) {
    ((claim >> 32) as u32, claim as u32)
}

pub(super) fn join(limit: u32, begun: u32) -> u64 {
    u64::from(limit) << 32 | u64::from(begun)
}
