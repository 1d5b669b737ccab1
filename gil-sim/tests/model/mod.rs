//! loom in the place of `gil_sim::sync`, and the limits of these models.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use planted::Limits;

pub mod models;
pub mod sync;

/// Explores a model once for every plan, and says how far it went. Fails if that is less than stated.
///
/// `bound` limits the preemptions of one execution; `None` explores all interleavings that loom knows. The model is given the
/// plan, two bits a thread.
pub fn explore(
    name: &str,
    bound: Option<usize>,
    plans: u32,
    least: usize,
    model: impl Fn(u32) + Send + Sync + 'static,
) {
    planted::explore_plans(name, Limits { preemptions: bound, branches: 10_000, least }, plans, model);
}

/// What the lock protects: loom reports two threads in it at once, and it remembers who was there last.
#[derive(Default)]
pub struct Place {
    cell: loom::cell::UnsafeCell<()>,
    last: AtomicU64,
    visits: AtomicUsize,
}

impl Place {
    pub fn visit(&self, me: u64) {
        self.cell.with_mut(|_| self.last.store(me, Relaxed));
        self.visits.fetch_add(1, Relaxed);
    }

    pub fn last(&self) -> u64 {
        self.last.load(Relaxed)
    }

    pub fn visits(&self) -> usize {
        self.visits.load(Relaxed)
    }
}
