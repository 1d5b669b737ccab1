//! The atomics of `claim_state` and `task_state`; their tests put loom's in this place.

pub use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
pub use std::sync::{Mutex, MutexGuard};

/// Locks. Whoever panicked with the lock has left nothing half done.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
