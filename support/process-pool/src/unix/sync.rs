//! What the words are made of; in `tests/words.rs` loom's parts stand in this place.

pub use std::sync::atomic::{AtomicU64, Ordering};
