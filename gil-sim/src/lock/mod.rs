//! The locks that CPython has had in the place of one: what they have in common.
//!
//! | file | CPython | how a busy thread is made to let go |
//! |---|---|---|
//! | `ticks` | Python 2 | it does by itself, every 100 ticks |
//! | `shared` | 3.2 to 3.12 | a waiter requests it; the request is a flag for whoever runs |
//! | `addressed` | 3.13 and later | a waiter requests it of the holder, by name |
//! | `free` | 3.13t (PEP 703) | there is no lock |
//!
//! Since 3.12 each interpreter may have a lock of its own (PEP 684): one value each, of the same type.
//!
//! The files of this folder use nothing but `crate::sync` and each other, so that the models prove these very lines.

use std::time::Duration;

mod free_threaded;
mod py2;
mod py313;
mod py32;

pub use free_threaded::Free;
pub use py2::{CHECK_INTERVAL, MutexAndCondvar, PlainLock, SemaphoreLock, Ticks};
pub use py32::{Finalizing, Gil, SWITCH_INTERVAL};
pub use py313::AddressedGil;

/// A thread as a lock knows it, CPython's `PyThreadState *`. Each thread needs its own number, from 1 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadId(pub u64);

/// The number that no thread has: no thread has held the lock yet, or nobody is meant.
pub(crate) const NOBODY: u64 = 0;

/// A shorter switch interval counts as this long, in CPython too.
pub(crate) const SHORTEST: Duration = Duration::from_micros(1);

/// What an interpreter needs of its lock. Take and release come in pairs, on the same thread; [`Held`] sees to that.
pub trait Lock: Send + Sync {
    /// `take_gil`.
    fn take(&self, me: ThreadId);

    /// `drop_gil` of a thread that will come back (blocking call, native code): after a request it waits until another has
    /// taken it.
    fn release(&self, me: ThreadId);

    /// The last release of a thread, which waits for nobody.
    fn leave(&self, me: ThreadId);

    /// What the eval breaker looks at: whether a running thread must let go now. Python 2: counts a tick.
    fn wanted(&self, me: ThreadId) -> bool;

    /// How often the lock went to another thread than before.
    fn switches(&self) -> u64;
}

/// The lock, held. Dropping it is a thread's last release, which waits for nobody.
///
/// Native code that keeps the lock is code that runs while this value lives and does not look at it.
#[derive(Debug)]
pub struct Held<'a, L: Lock + ?Sized = Gil> {
    lock: &'a L,
    me: ThreadId,
}

impl<'a, L: Lock + ?Sized> Held<'a, L> {
    /// Waits for the lock, as `PyGILState_Ensure` does. The lock is held as long as the value lives.
    pub fn take(lock: &'a L, me: ThreadId) -> Held<'a, L> {
        lock.take(me);
        Held { lock, me }
    }

    /// Whether this thread must let go: what the interpreter's eval breaker looks at. Python 2: counts a tick.
    #[inline]
    pub fn wanted(&self) -> bool {
        self.lock.wanted(self.me)
    }

    /// The eval breaker: lets go and comes back if it must.
    #[inline]
    pub fn check(&mut self) {
        if self.wanted() {
            self.allow_threads(|| ());
        }
    }

    /// Lets go around a blocking call or native code: `Py_BEGIN_ALLOW_THREADS` … `Py_END_ALLOW_THREADS`.
    pub fn allow_threads<T>(&mut self, work: impl FnOnce() -> T) -> T {
        self.lock.release(self.me);
        // Comes back also if the work panics: this value will be dropped, and must hold what it drops.
        let _back = Retake(self.lock, self.me);
        work()
    }
}

impl<L: Lock + ?Sized> Drop for Held<'_, L> {
    fn drop(&mut self) {
        self.lock.leave(self.me);
    }
}

struct Retake<'a, L: Lock + ?Sized>(&'a L, ThreadId);

impl<L: Lock + ?Sized> Drop for Retake<'_, L> {
    fn drop(&mut self) {
        self.0.take(self.1);
    }
}
