//! loom in the place of `mutex::sync`, one way to explore a model, and a way to see that a model finds a bug.

use std::env;
use std::io::Write;
use std::process::Command;
use std::sync::Arc; // not loom's: its drop panics again while a found deadlock unwinds, and that aborts the process
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

pub mod sync;

/// Explores a model and says how far it went. Fails if that is less than stated.
///
/// `bound` limits the preemptions of one execution; `None` explores all interleavings that loom knows.
pub fn explore(name: &str, bound: Option<usize>, least: usize, model: impl Fn() + Send + Sync + 'static) {
    let executions = Arc::new(AtomicUsize::new(0));
    let mut builder = loom::model::Builder::new();
    // Whatever LOOM_* variables say: loom stops early in silence at the limits, and a model that stopped proves nothing.
    builder.preemption_bound = bound;
    builder.max_permutations = None;
    builder.max_duration = None;
    // An execution that is longer than this goes round in circles: a livelock.
    builder.max_branches = 1_000;
    let counted = Arc::clone(&executions);
    builder.check(move || {
        counted.fetch_add(1, Relaxed);
        model();
    });
    let n = executions.load(Relaxed);
    let bound = bound.map_or("no preemption bound".into(), |b| format!("at most {b} preemptions"));
    // Straight to the handle: the test harness would keep what eprintln! prints.
    let _ = writeln!(std::io::stderr(), "loom: {name}: {bound}, {n} executions (at least {least})");
    assert!(n >= least, "{name}: explored {n} executions, fewer than {least}: the model has become vacuous");
}

/// Runs a model that must fail, and fail for the right reason. In a process of its own: while a deadlock unwinds, the locks that
/// are still held are released, and the checker panics again.
pub fn caught(test: &str, reason: &str, model: impl FnOnce()) {
    const CHILD: &str = "PLANTED_BUG";
    if env::var_os(CHILD).is_some() {
        return model();
    }
    let child = Command::new(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stderr);
    assert!(!child.status.success(), "the planted bug was not found:\n{said}");
    assert!(said.contains(reason), "found, but not as \"{reason}\":\n{said}");
}
