//! What is known of a panic: its message, its place, and the backtrace if one was asked for.
//!
//! A panic handler sees the place, and whoever catches the panic sees only its message. So the handler records, and the
//! catcher looks its panic up by message: a task may have caught others itself, and other threads may have panicked too.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt;
use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use serde::{Deserialize, Serialize};

/// A panic of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Panic {
    /// Its message.
    pub message: String,
    /// Where it was, also if the task passed on the panic of another thread; `None` if there was no panic, only
    /// `resume_unwind`.
    pub location: Option<Location>,
    /// The worker's backtrace, if `RUST_BACKTRACE` asks for one. (The fork server's environment counts.)
    pub backtrace: Option<String>,
}

/// A place in the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The file, as the compiler was given it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.location {
            write!(f, "at {location}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Panic {}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// The panics of the running task, and whether there are any: tasks that do not panic take no lock.
static RECORDED: Mutex<Vec<Panic>> = Mutex::new(Vec::new());
static ANY: AtomicBool = AtomicBool::new(false);
/// A task may catch any number of panics; the first and the latest are of interest.
const MOST: usize = 16;

fn recorded() -> MutexGuard<'static, Vec<Panic>> {
    RECORDED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// In a worker: records panics. Those of this thread, which runs the tasks, are reported to the parent and not printed.
/// `first` is told of the first panic of a task, which may be the last thing that this process does.
pub fn record(first: fn(&Panic)) {
    let worker = thread::current().id();
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let panic = of(info);
        let mut recorded = recorded();
        if recorded.is_empty() && thread::current().id() == worker {
            first(&panic);
        }
        if recorded.len() == MOST {
            recorded.remove(1);
        }
        recorded.push(panic);
        ANY.store(true, Ordering::Release);
        drop(recorded);
        if thread::current().id() != worker {
            usual(info);
        }
    }));
}

/// Forgets the recorded panics; tells whether there were any.
pub fn forget() -> bool {
    let any = ANY.load(Ordering::Acquire) && ANY.swap(false, Ordering::AcqRel);
    if any {
        recorded().clear();
    }
    any
}

/// The message of a panic with this payload.
pub fn message_of(payload: Box<dyn Any + Send>) -> String {
    let message = message(&*payload);
    // A payload may panic when it is dropped, and so may the payload of that panic.
    if let Err(again) = panic::catch_unwind(panic::AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(again);
    }
    message
}

/// The panic with this payload.
pub fn caught(payload: Box<dyn Any + Send>) -> Panic {
    let message = message_of(payload);
    let recorded = recorded();
    let known = recorded.iter().rev().find(|panic| panic.message == message).cloned();
    known.unwrap_or(Panic { message, location: None, backtrace: None })
}

fn of(info: &PanicHookInfo<'_>) -> Panic {
    let backtrace = Backtrace::capture();
    let location = info.location();
    Panic {
        message: message(info.payload()),
        location: location.map(|at| Location { file: at.file().to_owned(), line: at.line(), column: at.column() }),
        backtrace: (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string()),
    }
}

fn message(payload: &(dyn Any + Send)) -> String {
    let literal = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    literal.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "Box<dyn Any>".to_owned())
}
