//! A place in which only one thread may be at a time. For drivers.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use super::engine::{Engine, engine};
use super::me;

/// What a lock of the submission protects: two threads in it at once are found.
///
/// With loom also one that comes in without having been told what the one before it did: the lock orders nothing.
#[derive(Debug)]
pub struct Place {
    cell: Option<loom::cell::UnsafeCell<()>>,
    taken: AtomicBool,
}

impl Place {
    /// Nobody is in it.
    #[allow(clippy::new_without_default, reason = "it depends on the engine, which a default should not")]
    pub fn new() -> Place {
        let cell = (engine() == Engine::Loom).then(|| loom::cell::UnsafeCell::new(()));
        Place { cell, taken: AtomicBool::new(false) }
    }

    /// The calling thread is in the place while `work` runs. Panics if another one is, too.
    pub fn visit<R>(&self, work: impl FnOnce() -> R) -> R {
        assert!(!self.taken.swap(true, SeqCst), "two threads are inside at once: thread {} is the second", me());
        let done = match &self.cell {
            Some(cell) => cell.with_mut(|_| work()),
            None => work(),
        };
        self.taken.store(false, SeqCst);
        done
    }
}
