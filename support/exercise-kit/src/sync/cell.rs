//! A place in which only one thread may be at a time. For drivers.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use loom::sync::atomic::{AtomicUsize as Seen, Ordering::Relaxed};

use super::engine::{Engine, engine};
use super::steps::me;

/// What a lock of the submission protects: two threads in it at once are found.
///
/// With loom also one that comes in without having been told what the one before it did: the lock orders nothing.
#[derive(Debug)]
pub struct Place {
    /// How many have been here, as loom shows it to whoever comes: an old number, if the lock did not order the two.
    seen: Option<Seen>,
    visits: AtomicUsize,
    taken: AtomicBool,
}

impl Place {
    /// Nobody is in it.
    #[allow(clippy::new_without_default, reason = "it depends on the engine, which a default should not")]
    pub fn new() -> Place {
        let seen = (engine() == Engine::Loom).then(|| Seen::new(0));
        Place { seen, visits: AtomicUsize::new(0), taken: AtomicBool::new(false) }
    }

    /// How often it was visited.
    pub fn visits(&self) -> usize {
        self.visits.load(SeqCst)
    }

    /// The calling thread is in the place while `work` runs. Panics if another one is, too.
    pub fn visit<R>(&self, work: impl FnOnce() -> R) -> R {
        assert!(!self.taken.swap(true, SeqCst), "two threads are inside at once: T{} is the second", me());
        // Both accesses are points at which loom may switch.
        let seen = self.seen.as_ref().map(|seen| seen.load(Relaxed));
        let done = work();
        let visits = self.visits.fetch_add(1, SeqCst);
        if let Some(cell) = &self.seen {
            assert!(seen == Some(visits), "T{} does not see what the one before it did", me());
            cell.store(visits + 1, Relaxed);
        }
        self.taken.store(false, SeqCst);
        done
    }
}
