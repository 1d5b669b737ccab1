//! The mapping of the shared [`ClaimState`], and behind it what a worker says before a panic ends it.

use std::io;
use std::ops::Deref;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicU32, Ordering};

use memmap2::MmapRaw;

use super::map::map;
use crate::unix::claim_state::ClaimState;

/// A worker's [`ClaimState`], and its last words.
pub struct Claims(MmapRaw);

/// The page of the state, and that of the last words: their length, and behind it their bytes.
const PAGE: usize = 4096;
/// All that is mapped here.
pub(super) const CLAIMS: usize = 2 * PAGE;
const WORDS: usize = PAGE - size_of::<AtomicU32>();

impl Claims {
    /// Maps the state at the beginning of a worker's memory.
    pub fn of(memory: BorrowedFd<'_>) -> io::Result<Claims> {
        map(memory, CLAIMS).map(Claims)
    }

    /// Worker: if a task forks, and the copy returns from the task as well, it must not go on as this worker: it ends when it
    /// touches what it does not have. Elsewhere than on Linux there is no such protection.
    pub fn leave_to_this_process(&self) {
        #[cfg(target_os = "linux")]
        let _ = self.0.advise(memmap2::Advice::DontFork);
    }

    /// Worker: leaves a message for the parent, cut to what fits.
    pub fn leave_words(&self, words: &[u8]) {
        let len = words.len().min(WORDS);
        // SAFETY: the second page is inside the mapping. The parent reads it only when this process has ended, and here only
        // the panic handler writes to it, which holds a lock.
        unsafe { self.words_at().copy_from_nonoverlapping(words.as_ptr(), len) };
        self.words_len().store(len as u32, Ordering::Release);
    }

    /// Worker: takes them back.
    pub fn forget_words(&self) {
        self.words_len().store(0, Ordering::Release);
    }

    /// Parent: what a worker that has ended left. Any bytes, at most a page.
    pub fn words(&self) -> Vec<u8> {
        let len = (self.words_len().load(Ordering::Acquire) as usize).min(WORDS);
        let mut words = vec![0; len];
        // SAFETY: as above; `len` is inside the page, and what is read is not trusted.
        unsafe { self.words_at().copy_to_nonoverlapping(words.as_mut_ptr(), len) };
        words
    }

    fn words_len(&self) -> &AtomicU32 {
        // SAFETY: the start of the second page, which is mapped as long as `self` lives and aligned; all go through atomics.
        unsafe { &*self.0.as_ptr().add(PAGE).cast::<AtomicU32>() }
    }

    fn words_at(&self) -> *mut u8 {
        // SAFETY: inside the mapping.
        unsafe { self.0.as_mut_ptr().add(PAGE + size_of::<AtomicU32>()) }
    }
}

impl Deref for Claims {
    type Target = ClaimState;

    fn deref(&self) -> &ClaimState {
        // SAFETY: the mapping is one page, aligned to a page, and lives as long as `self`. The state is three numbers at its
        // beginning, in the order of C, of which any value is valid, and all processes go through atomics here.
        unsafe { &*self.0.as_ptr().cast::<ClaimState>() }
    }
}
