//! Cores that compute.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread::Scope;

use lab::{clock, machine};

/// Computes for so many ns.
pub fn compute(ns: u64) {
    let start = clock::now();
    while clock::now() < start + ns {
        std::hint::spin_loop();
    }
}

/// A thread computes on every core but the caller's, until it is done.
pub fn others_compute<'scope>(scope: &'scope Scope<'scope, '_>, done: &'scope AtomicBool) {
    for _ in 1..machine::cores() {
        scope.spawn(|| {
            while !done.load(SeqCst) {
                std::hint::spin_loop();
            }
        });
    }
}
