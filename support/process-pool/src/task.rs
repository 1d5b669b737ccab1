//! A task: a function with a name, known to the parent and to its workers.

use std::panic::{self, AssertUnwindSafe};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::panics::{self, Panic};
use crate::wire::{Value, decode, encode};

/// A function that workers can run. Parent and workers are the same program, so only its index is sent.
///
/// ```
/// use process_pool::Task;
///
/// static SQUARE: Task<u64, u64> = Task::new("square", |n| n * n);
/// ```
#[derive(Debug)]
pub struct Task<A, R> {
    pub(crate) name: &'static str,
    run: fn(A) -> R,
    /// Its index among the registered ones plus 1, once it was looked up.
    index: AtomicUsize,
}

impl<A, R> Task<A, R> {
    /// A function with a name that no other task has.
    pub const fn new(name: &'static str, run: fn(A) -> R) -> Task<A, R> {
        Task { name, run, index: AtomicUsize::new(0) }
    }
}

impl<A, R> Task<A, R> {
    /// Its index among the registered tasks.
    #[cfg_attr(not(unix), allow(dead_code, reason = "only a pool asks"))]
    pub(crate) fn index(&self) -> Option<usize> {
        let known = self.index.load(Ordering::Relaxed);
        if known > 0 {
            return Some(known - 1);
        }
        let index = KNOWN.get()?.iter().position(|task| task.name() == self.name)?;
        self.index.store(index + 1, Ordering::Relaxed);
        Some(index)
    }
}

/// The names of the registered tasks; `None` before [`init`](crate::init).
#[cfg_attr(not(unix), allow(dead_code, reason = "only a pool asks"))]
pub(crate) fn names() -> Option<Vec<&'static str>> {
    Some(KNOWN.get()?.iter().map(|task| task.name()).collect())
}

/// The registered tasks.
#[cfg_attr(not(unix), allow(dead_code, reason = "only a pool reads it"))]
pub(crate) static KNOWN: OnceLock<&'static [&'static dyn Run]> = OnceLock::new();

/// Only the first call counts: workers that already run know its tasks.
pub(crate) fn register(tasks: &'static [&'static dyn Run]) {
    let _ = KNOWN.set(tasks);
}

/// What became of one run of a task, in a worker.
pub enum Ran {
    /// Its value has been encoded.
    Done,
    /// It panicked.
    Panicked(Panic),
    /// Its argument or value could not be decoded or encoded.
    Unreadable(String),
}

/// A type-erased task: bytes in, bytes out.
pub trait Run: Sync {
    /// Its name.
    fn name(&self) -> &'static str;
    /// Decodes the argument, runs the function, and appends its encoded value.
    fn run(&self, argument: &[u8], value: &mut Vec<u8>) -> Ran;
}

impl<A: Value, R: Value> Run for Task<A, R> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn run(&self, argument: &[u8], value: &mut Vec<u8>) -> Ran {
        let argument = match decode(argument) {
            Ok(argument) => argument,
            Err(why) => return Ran::Unreadable(why),
        };
        // The argument belongs to the task, so a panic leaves no state behind that a later task could see. Tasks must
        // keep their own statics consistent, as with threads.
        let value_of = || {
            let result = (self.run)(argument);
            encode(&result, value)
        };
        match panic::catch_unwind(AssertUnwindSafe(value_of)) {
            Ok(Ok(())) => Ran::Done,
            Ok(Err(why)) => Ran::Unreadable(why),
            Err(payload) => Ran::Panicked(panics::caught(payload)),
        }
    }
}
