//! A C extension for CPython, in Rust: what the article calls "C 확장 라이브러리", as small as it can be.
//!
//! - `kernel`: the counting loop, which knows nothing of Python
//! - `clock`: the clock of all spans
//! - `count`: the loop as two functions for Python: one holds the GIL, one releases it
//! - `failures`: what goes wrong in native code: a panic, an error without the GIL, a long call and Ctrl-C
//! - `callback`: native code that calls Python in between
//!
//! `cargo run -p native` builds it and puts it where Python finds it. PyO3 says "attached" for "holds the GIL", because a CPython
//! without a GIL has the same two states: a thread that is attached may use Python objects, a detached one must not.

#![forbid(unsafe_code)]

mod callback;
mod clock;
mod count;
mod failures;
mod kernel;

/// The module as Python imports it. It needs no GIL: its only shared state is one atomic.
#[pyo3::pymodule(gil_used = false)]
mod native_extension {
    #[pymodule_export]
    use crate::callback::count_with_callback;
    #[pymodule_export]
    use crate::clock::now;
    #[pymodule_export]
    use crate::count::{count_holding, count_releasing};
    #[pymodule_export]
    use crate::failures::{
        count_interruptible, count_uninterruptible, error_while_released, iterations_done, panic_while_held,
        panic_while_released,
    };
}
