//! 뮤텍스 — the lost update, and locks that prevent it.

pub mod across_await;
pub mod bounded;
pub mod buffer;
pub mod contention;
pub mod counter;
pub mod critical;
pub mod deadlock;
pub mod detected;
pub mod dinner;
pub mod drawn;
pub mod fairness;
pub mod gil_lock;
pub mod litmus;
pub mod locks;
pub mod outcomes;
pub mod philosophers;
pub mod poison;
pub mod race;
pub mod rwlock;
pub mod sync;
pub mod together;
mod twins;
pub mod variant;
pub mod verdicts;
pub mod versions;
