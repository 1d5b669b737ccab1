//! The experiments, in the order of `--help`.

pub mod counter;
pub mod versions;

pub mod check_then_act;
pub mod poison;

pub mod bounded_buffer;
pub mod deadlock;
pub mod philosophers;

pub mod across_await;
pub mod rwlock;

pub mod contention;
pub mod fairness;
