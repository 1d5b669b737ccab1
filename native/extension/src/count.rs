//! The same loop twice: holding the GIL, and releasing it.

use pyo3::prelude::*;

use crate::clock::now;
use crate::kernel::count;

/// When a call had the GIL, when its loop began and ended, when it had the GIL again; in ns on the common clock.
pub(crate) type Stamps = (u64, u64, u64, u64);

// ANCHOR: count
/// Counts and holds the GIL, as every function does that does nothing about it.
#[pyfunction]
pub(crate) fn count_holding(iterations: u64) -> Stamps {
    let start = now();
    count(iterations);
    let end = now();
    (start, start, end, end)
}

/// Counts without the GIL. The closure must not touch Python objects: the compiler refuses it.
#[pyfunction]
pub(crate) fn count_releasing(py: Python<'_>, iterations: u64) -> Stamps {
    let held = now();
    let (start, end) = py.detach(|| {
        let start = now();
        count(iterations);
        (start, now())
    });
    (held, start, end, now())
}
// ANCHOR_END: count
