//! For the loom models of `mutex`, `gil-sim` and `process-pool`: a function that explores a model, and one that checks that a model
//! finds a bug. The tests of this crate plant bugs into copies of the shipped locks and of the pool's scheduler (`build.rs`); the models
//! and the simulation must find every one of them. Only tests depend on this crate.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

use std::env;
use std::io::Write;
use std::process::Command;
use std::sync::Arc; // not loom's: its drop panics again while a found deadlock unwinds, and that aborts the process
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The limits of an exploration.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most preemptions of one execution; `None` explores all interleavings that loom knows.
    pub preemptions: Option<usize>,
    /// The most branches of one execution. A longer execution is taken for a livelock.
    pub branches: usize,
    /// Fewer executions than this mean that the model has become vacuous.
    pub least: usize,
}

/// Explores a model and prints how many executions there were. Fails if they were fewer than stated.
pub fn explore(name: &str, limits: Limits, model: impl Fn() + Send + Sync + 'static) {
    explore_plans(name, limits, 1, move |_| model());
}

/// Explores a model once for each plan, a number below `plans` that the model is given.
pub fn explore_plans(name: &str, limits: Limits, plans: u32, model: impl Fn(u32) + Send + Sync + 'static) {
    let executions = Arc::new(AtomicUsize::new(0));
    let model = Arc::new(model);
    for plan in 0..plans {
        let mut builder = loom::model::Builder::new();
        // Overrides all LOOM_* variables: loom stops silently at their limits, and an incomplete exploration proves nothing.
        builder.preemption_bound = limits.preemptions;
        builder.max_permutations = None;
        builder.max_duration = None;
        builder.max_branches = limits.branches;
        let (executions, model) = (Arc::clone(&executions), Arc::clone(&model));
        builder.check(move || {
            executions.fetch_add(1, Relaxed);
            model(plan);
        });
    }
    let (n, least) = (executions.load(Relaxed), limits.least);
    let bound = limits.preemptions.map_or("no preemption bound".into(), |b| format!("at most {b} preemptions"));
    let plans = if plans > 1 { format!(", {plans} plans") } else { String::new() };
    // Directly to stderr: the test harness would capture eprintln!.
    let _ = writeln!(std::io::stderr(), "loom: {name}: {bound}{plans}, {n} executions (at least {least})");
    assert!(n >= least, "{name}: explored {n} executions, fewer than {least}: the model has become vacuous");
}

/// Runs a model that must fail with `reason` in the panic's message. The model runs in a process of its own, as the test `test` of the
/// same program: while a deadlock that loom has found unwinds, held locks are released, loom panics again, and that aborts the process.
pub fn caught(test: &str, reason: &str, model: impl FnOnce()) {
    const CHILD: &str = "PLANTED_BUG";
    if env::var_os(CHILD).is_some() {
        return model();
    }
    let program = env::current_exe().expect("the system knows what it runs");
    let child = Command::new(program).args([test, "--exact", "--nocapture"]).env(CHILD, "1").output();
    let child = child.expect("this program can be started once more");
    let said = String::from_utf8_lossy(&child.stderr);
    assert!(!child.status.success(), "the planted bug was not found:\n{said}");
    assert!(said.contains(reason), "found, but not as \"{reason}\":\n{said}");
}
