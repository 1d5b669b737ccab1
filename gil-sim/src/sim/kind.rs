//! The kinds of lock that CPython has had.

/// Which lock an interpreter has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// CPython 3.2 to 3.12: the request is shared.
    Shared,
    /// CPython 3.13 on: the request is addressed to the holder.
    Addressed,
    /// Python 2 on Linux: a semaphore, posted and taken every so many ticks.
    Ticks,
    /// No lock (PEP 703).
    Free,
}
