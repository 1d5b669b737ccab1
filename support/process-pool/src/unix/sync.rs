//! The atomics of `claim_state`; `tests/claim_state.rs` puts loom's in this place.

pub use std::sync::atomic::{AtomicU64, Ordering};
