//! What `claim_state`, `task_state` and `lead` are made of; their tests put loom's types in this place.

pub use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
pub use std::sync::{Mutex, MutexGuard};
pub use std::thread::Thread;

/// Locks. Whoever panicked with the lock has left nothing half done.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
