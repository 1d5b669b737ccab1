//! What a submission of a loom lab imports as `crate::sync`: std's names, recorded.
//!
//! One build serves three engines; a scenario chooses one, and its process keeps to it:
//!
//! | engine | threads | finds |
//! |---|---|---|
//! | [`real`] | std's | draws the lanes of a run |
//! | [`explore`] | loom's | every interleaving within a bound: lost updates, deadlocks, lost wake-ups |
//! | [`in_turns`] | std's, one step each in turn | livelocks: in the fairest schedule there is, everybody goes on and nobody ends |
//!
//! loom alone cannot judge a livelock: its first failing `try_lock` is not undone and tried in another order, and a retry that lives
//! for ever needs more preemptions than any bound allows.
//!
//! Every operation is a [`Step`]: who, what, on what, which value. The first failure ends the process: a panic that unwinds through
//! loom's threads panics again, and that aborts before anything is written.

mod atomic_types;
mod cell;
mod condvar;
mod end;
mod engine;
mod model;
mod mutex;
mod rwlock;
mod steps;
mod turns;

pub mod thread;

/// `std::sync::atomic`.
pub mod atomic {
    pub use super::atomic_types::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, AtomicUsize, Ordering};
}

pub use cell::Place;
pub use condvar::{Condvar, WaitTimeoutResult};
pub use engine::{Plan, plan};
pub use model::{Explored, Model, TookTurns, Turns, explore, in_turns, real};
pub use mutex::{Mutex, MutexGuard};
pub use rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
pub use steps::{Change, Log, NO_SIGNAL, Step, TIME_IS_UP, WAKES, WANTS, log, me, name_thread, note};
pub use thread::lane;

// std's in all engines: dropping loom's while a deadlock unwinds would panic again.
pub use std::sync::{Arc, LockResult, TryLockError, TryLockResult};
