//! GIL — one global mutex, what it does to threads that compute, and a simulator that predicts what it would do to others.
//!
//! In reading order:
//!
//! | module | what it is |
//! |---|---|
//! | [`lock`] | the locks of all CPythons, proved with loom; `sync` is what they are built of |
//! | [`loops`] | the article's loop, free and under the lock |
//! | [`vm`] | a small interpreter whose threads run under any of the locks |
//! | [`sim`] | the same protocols in virtual time, on a machine that one can choose |
//! | [`interpreters`] | which lock and which rules a Python interpreter has |
//! | [`calibrate`] | latencies of this machine, for the simulator |
//! | `scenario` | scenario files |
//! | `run_on_cpython`, `peer` | a scenario on a real interpreter, and the process that it talks to |
//! | `sampling` | who held the GIL, as the interpreter's own sampling profiler saw it (CPython 3.15) |
//! | `turns` | whose turn came after whose, how long each held the lock and waited for it |
//! | `convoy` | an I/O thread beside CPU-bound threads: the workload of the experiments `convoy` and `interval` |
//! | `questions` | what `--ask` asks before the run |
//! | `experiments` | the experiments, each by its word on the command line |

#![deny(unsafe_code)] // one module of `calibrate` has some, for the C library

#[cfg(all(unix, feature = "simulator"))] // sockets and their peers; the rest compiles anywhere
pub mod calibrate;
#[cfg(feature = "scenarios")]
pub mod convoy;
#[cfg(feature = "scenarios")]
pub mod experiments;
#[cfg(any(feature = "scenarios", all(unix, feature = "simulator")))]
mod input_file;
#[cfg(feature = "simulator")]
pub mod interpreters;
pub mod lock;
pub mod loops;
#[cfg(feature = "scenarios")]
mod one_lock;
#[cfg(feature = "scenarios")]
mod options;
#[cfg(all(unix, feature = "scenarios"))]
pub mod peer;
#[cfg(feature = "scenarios")]
pub mod questions;
#[cfg(feature = "scenarios")]
pub mod run_on_cpython;
#[cfg(feature = "scenarios")]
pub mod sampling;
#[cfg(feature = "scenarios")]
pub mod scenario;
#[cfg(feature = "simulator")]
pub mod sim;
mod sync;
#[cfg(feature = "scenarios")]
pub mod turns;
#[cfg(feature = "simulator")]
pub mod vm;

pub use lock::{Gil, Held, Lock, SWITCH_INTERVAL, ThreadId};
