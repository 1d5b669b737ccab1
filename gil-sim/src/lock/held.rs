//! What the locks share: how threads are named, what an interpreter needs of its lock, and the lock while it is held.

use std::time::Duration;

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
pub struct Held<'a, L: Lock + ?Sized> {
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
