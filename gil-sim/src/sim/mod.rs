//! The simulator: the same locks in virtual time, on a machine that one can choose.

mod lanes;
mod machine;
mod os;
mod protocol;
mod rng;
mod script;
mod sync;

pub use machine::{Curve, Machine, Pairs, Speed};
pub use protocol::Kind;
pub use script::{Fate, Group, Outcome, Setup, Step, run};
