//! One race: threads run a program on one heap under one lock.

use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use lab::{Error, Result, clock};

use crate::ThreadId;
use crate::vm::code::Program;
use crate::vm::heap::{Counting, Heap};
use crate::vm::run::Interpreter;
use crate::vm::thread::Tally;
use crate::vm::version::Version;

/// What one run came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Race {
    /// Updates that the threads were to make.
    pub updates: u64,
    /// Where the counter ended.
    pub counter: u64,
    /// What all threads did.
    pub tally: Tally,
    /// How far reference counts are off at the end.
    pub miscounted: u64,
    /// From the first start to the last end, in ns.
    pub wall: u64,
}

/// Lets `threads` threads run the program, each called with `iterations`, which is how often each adds 1.
pub fn race(
    program: &Program,
    version: Version,
    counting: Counting,
    threads: usize,
    iterations: u64,
    interval: Duration,
) -> Result<Race> {
    let (heap, lock) = (Heap::of(program, counting), version.lock(interval));
    let interpreter = Interpreter { program, heap: &heap, lock: &*lock, version };
    let ran = together(threads, |n| {
        let start = clock::now();
        let (_, tally) = interpreter.run(ThreadId(n as u64 + 1), iterations as i64, &mut ());
        (start, clock::now(), tally)
    })?;
    let start = ran.iter().map(|(start, ..)| *start).min().unwrap_or(0);
    let end = ran.iter().map(|(_, end, _)| *end).max().unwrap_or(0);
    let tally = ran.iter().fold(Tally::default(), |all, (.., one)| Tally {
        instructions: all.instructions + one.instructions,
        counts: all.counts + one.counts,
    });
    let (updates, counter) = (threads as u64 * iterations, heap.number(0).unsigned_abs());
    Ok(Race { updates, counter, tally, miscounted: heap.miscounted(), wall: end - start })
}

impl Race {
    /// Updates that are missing at the end.
    pub fn lost(&self) -> u64 {
        self.updates.saturating_sub(self.counter)
    }
}

/// Runs `body(0)` to `body(threads - 1)`, each in a thread of its own; none begins before all are there.
pub(super) fn together<T: Send>(threads: usize, body: impl Fn(usize) -> T + Sync) -> Result<Vec<T>> {
    let all_here = OnceLock::<bool>::new();
    thread::scope(|scope| {
        let (all_here, body) = (&all_here, &body);
        let start = |n| thread::Builder::new().spawn_scoped(scope, move || all_here.wait().then(|| body(n)));
        let started: std::io::Result<Vec<_>> = (0..threads).map(start).collect();
        all_here.set(started.is_ok()).expect("set only here");
        let ends = started.map_err(|e| Error::no_thread(&e))?.into_iter().map(|thread| thread.join());
        Ok(ends.filter_map(|end| end.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect())
    })
}
