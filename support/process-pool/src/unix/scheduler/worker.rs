//! What the scheduler needs of the outside: workers, and the time. The pool gives it processes; the simulation gives it
//! models of them, whose every byte and death it decides.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use crate::failure::End;
use crate::unix::claim_state::ClaimState;
use crate::unix::shm::RemoteArena;

/// Starts workers, and tells the time.
pub trait World {
    type Worker: Worker;

    fn now(&self) -> Instant;

    /// The time of recorded runs, in ns.
    fn clock(&self) -> u64;

    /// Starts so many workers at once.
    fn start(&mut self, count: usize) -> Vec<io::Result<Self::Worker>>;

    /// No more will be started.
    fn close(&mut self) {}
}

/// A worker process, as its parent sees it.
pub trait Worker {
    fn pid(&self) -> u32;

    /// Which of its tasks have begun.
    fn claims(&self) -> &ClaimState;

    /// What it left before a panic ended it.
    fn last_words(&self) -> Vec<u8>;

    /// Its shared memory.
    fn memory(&self) -> &Arc<RemoteArena>;

    /// Reads what it has written, without waiting.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize>;

    /// Writes to it, without waiting.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Kills it. What it wrote before can still be read.
    fn kill(&mut self);

    /// Whether it has ended, for whatever reason.
    fn has_ended(&self) -> bool;

    /// Whether it is stopped (`SIGSTOP`).
    fn is_stopped(&self) -> bool;

    /// Kills it if it still runs, and waits for its end.
    fn reap(&mut self) -> End;

    /// Its private memory, in bytes, where the system tells.
    fn memory_used(&self) -> Option<u64>;
}
