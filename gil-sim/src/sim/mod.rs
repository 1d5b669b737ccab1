//! The simulator: the same locks in virtual time, on a machine that one can choose.
//!
//! | file | what it is |
//! |---|---|
//! | `setup` | what is simulated, and what came of it |
//! | `script` | the threads that follow a setup, and a run of them |
//! | `kind`, `protocol`, `phase` | the GIL of each version; where in it a thread is |
//! | `sync` | mutex, condition variable and semaphore, which the GIL is made of |
//! | `os` | cores, threads, sleeping and waking |
//! | `machine`, `curves` | latencies of a machine |
//! | `schedule`, `stepper` | who went on when, as a string; one turn at a time |

mod curves;
mod ids;
mod kind;
mod lanes;
mod machine;
mod os;
mod phase;
mod protocol;
pub(crate) mod rng;
mod schedule;
mod script;
mod setup;
mod stepper;
mod sync;

pub use curves::{Curve, Pairs, Steals};
pub use ids::Tid;
pub use kind::Kind;
pub use machine::{Machine, Speed};
pub use phase::Phase;
pub use schedule::{Schedule, Turn, letter};
pub use script::{run, run_at_most};
pub use setup::{Group, Outcome, Setup, Step, ThreadOutcome};
pub use stepper::Stepper;
