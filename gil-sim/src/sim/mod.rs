//! The simulator: the same locks in virtual time, on a machine that one can choose.

mod lanes;
mod machine;
mod os;
mod protocol;
mod rng;
mod schedule;
mod script;
mod stepper;
mod sync;

pub use machine::{Curve, Machine, Pairs, Speed, Steals};
pub use os::{Place, Tid};
pub use protocol::Kind;
pub use schedule::{Schedule, Turn, letter};
pub use script::{Fate, Group, Outcome, Setup, Step, run};
pub use stepper::Stepper;
