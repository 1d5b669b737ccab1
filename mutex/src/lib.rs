//! 뮤텍스 — the lost update, and locks that prevent it.

pub mod counter;
pub mod critical;
pub mod litmus;
pub mod race;
pub mod together;
pub mod variant;
pub mod verdicts;
