//! What a lock written by hand offers.

/// A lock that protects nothing by itself. Lock and unlock come in pairs; `Guarded` sees to that.
pub trait RawLock: Send + Sync {
    fn new() -> Self;

    /// Waits until the lock is free, and takes it.
    fn lock(&self);

    /// Lets go. Only whoever took the lock may call this.
    fn unlock(&self);
}
