//! The reader is the scheduler of a real lock: the levels, a schedule played in one, and the lock's source beside it.
//!
//! - [`level`]: the sixteen levels: eight locks with a planted bug (those of `exercises -- break`), eight shipped ones
//! - `reach`: the states that the shipped ones are to reach
//! - `memory`: what the threads share, as rows
//! - `release`: the line at which a guard is dropped

pub mod level;
mod memory;
mod reach;
mod release;

pub use memory::{Row, rows};
pub use reach::REACHING;
