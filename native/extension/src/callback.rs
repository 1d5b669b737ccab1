//! Native code that calls Python in between.

use pyo3::prelude::*;

use crate::clock::now;
use crate::kernel::count;

/// When a part of the loop began and ended without the GIL, and when the callback began and ended with it.
type Round = (u64, u64, u64, u64);

// ANCHOR: callback
/// Counts without the GIL, and calls a Python function after every part: for that it takes the GIL again.
#[pyfunction]
pub(crate) fn count_with_callback(
    py: Python<'_>,
    iterations: u64,
    rounds: usize,
    callback: Py<PyAny>,
) -> PyResult<Vec<Round>> {
    py.detach(|| {
        let round = |_| {
            let start = now();
            count(iterations);
            let end = now();
            Python::attach(|py| {
                let called = now();
                callback.call0(py)?;
                Ok((start, end, called, now()))
            })
        };
        (0..rounds).map(round).collect()
    })
}
// ANCHOR_END: callback
