//! 뮤텍스 — the lost update, and locks that prevent it.

pub mod buffer;
pub mod counter;
pub mod critical;
pub mod dinner;
pub mod litmus;
pub mod locks;
pub mod race;
pub mod sync;
pub mod together;
pub mod variant;
pub mod verdicts;
