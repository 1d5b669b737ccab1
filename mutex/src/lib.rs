//! 뮤텍스: lost updates, and the locks that prevent them.
//!
//! - [`experiments`]: one module for each command of `cargo run -p mutex -- COMMAND`
//! - [`counter_variant`]: a shared counter and a way to add 1 to it; raced by `counter` and `contention`
//! - [`locks`]: a spin lock and a ticket lock, written by hand and proved with loom
//! - [`outcomes`]: the outcomes that a program may have, as data: acceptable, interesting or forbidden
//! - [`questions`]: what `--ask` asks before the run
//! - [`claims`]: verdicts on the article's claims that several experiments share
//! - [`start_barrier`]: threads that start at the same moment, with or without lanes
//! - [`sync`]: the few primitives that the model checkers replace by their own

pub mod claims;
pub mod counter_variant;
pub mod experiments;
pub mod locks;
pub mod outcomes;
pub mod questions;
pub mod start_barrier;
pub mod sync;
