//! What goes wrong in native code, and what Python sees of it.

use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::kernel::count;

/// Iterations between two looks at the signals: about a millisecond.
const PART: u64 = 1_000_000;

/// How far the current call has come. Another thread reads it while the call runs.
static DONE: AtomicU64 = AtomicU64::new(0);

/// A panic while the call holds the GIL.
#[pyfunction]
pub(crate) fn panic_while_held() {
    panic!("a bug in native code, with the GIL");
}

/// A panic while the GIL is released.
#[pyfunction]
pub(crate) fn panic_while_released(py: Python<'_>) {
    py.detach(|| panic!("a bug in native code, without the GIL"));
}

/// An error while the GIL is released: PyO3 makes the Python object of it later, with the GIL.
#[pyfunction]
pub(crate) fn error_while_released(py: Python<'_>) -> PyResult<()> {
    py.detach(|| Err(PyValueError::new_err("an error in native code, without the GIL")))
}

/// Iterations of the current call so far, or of the last one.
#[pyfunction]
pub(crate) fn iterations_done() -> u64 {
    DONE.load(Ordering::Relaxed)
}

// ANCHOR: interrupt
/// Releases the GIL, and Ctrl-C has no effect before the end: CPython only notes the signal, and runs its handler in Python code.
#[pyfunction]
pub(crate) fn count_uninterruptible(py: Python<'_>, iterations: u64) -> PyResult<()> {
    py.detach(|| in_parts(iterations, || Ok(())))
}

/// The same, and looks for signals in between: for a moment it takes the GIL again.
#[pyfunction]
pub(crate) fn count_interruptible(py: Python<'_>, iterations: u64) -> PyResult<()> {
    py.detach(|| in_parts(iterations, || Python::attach(|py| py.check_signals())))
}
// ANCHOR_END: interrupt

fn in_parts(iterations: u64, between: impl Fn() -> PyResult<()>) -> PyResult<()> {
    DONE.store(0, Ordering::Relaxed);
    let mut left = iterations;
    while left > 0 {
        let part = left.min(PART);
        count(part);
        left -= part;
        DONE.store(iterations - left, Ordering::Relaxed);
        between()?;
    }
    Ok(())
}
