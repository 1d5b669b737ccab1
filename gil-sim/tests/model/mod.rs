//! loom in the place of `gil_sim::sync`, and one way to explore a model.

use std::io::Write;
use std::sync::Arc; // not loom's: its drop panics again while a found deadlock unwinds, and that aborts the process
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

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
    let executions = Arc::new(AtomicUsize::new(0));
    let model = Arc::new(model);
    for plan in 0..plans {
        let mut builder = loom::model::Builder::new();
        // Whatever LOOM_* variables say: loom stops early in silence at the limits, and a model that stopped proves nothing.
        builder.preemption_bound = bound;
        builder.max_permutations = None;
        builder.max_duration = None;
        builder.max_branches = 10_000;
        let (executions, model) = (Arc::clone(&executions), Arc::clone(&model));
        builder.check(move || {
            executions.fetch_add(1, Relaxed);
            model(plan);
        });
    }
    let n = executions.load(Relaxed);
    let bound = bound.map_or("no preemption bound".into(), |b| format!("at most {b} preemptions"));
    // Straight to the handle: the test harness would keep what eprintln! prints.
    let _ =
        writeln!(std::io::stderr(), "loom: {name}: {bound}, {plans} time-out plans, {n} executions (at least {least})");
    assert!(n >= least, "{name}: explored {n} executions, fewer than {least}: the model has become vacuous");
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
