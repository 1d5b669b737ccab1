//! What the locks are made of. The model checkers' tests put modules of the same shape in this one's place (`tests/loom.rs`,
//! `support/planted`).

mod semaphore;
mod unpoisoned;

pub use semaphore::Semaphore;
pub use unpoisoned::{Condvar, Mutex};

pub use std::sync::atomic::{AtomicBool, AtomicU64};
