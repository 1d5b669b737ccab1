//! How a task can end without a value.

use std::fmt;
use std::sync::Arc;

use crate::panics::Panic;

/// Why a task has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It panicked. Its worker lives on, and the task is not retried.
    Panicked(Box<Panic>),
    /// A panic ended its worker, and no retries are left: a second one came while the first unwound, or it could not
    /// unwind.
    Aborted {
        /// The first panic of the last run. If the task caught that one and called `abort` later, it was not the reason: the
        /// parent cannot tell.
        panic: Box<Panic>,
        /// How many workers ran it.
        attempts: u32,
    },
    /// Its worker died while running it, and no retries are left.
    Died {
        /// How the last worker ended.
        how: End,
        /// How many workers ran it.
        attempts: u32,
    },
    /// It exceeded the time limit, and no retries are left.
    TimedOut {
        /// How many workers ran it.
        attempts: u32,
    },
    /// Its argument or value could not be encoded or decoded; the reason.
    Unreadable(String),
    /// No worker could be kept alive to run it; what happened to the last one.
    NoWorker(WorkerLoss),
    /// The task is not one of this program's; its name.
    Unknown(&'static str),
    /// It was cancelled before it began, or its worker was killed because it was to be.
    Cancelled,
    /// The failure of a task that has a label.
    Labelled {
        /// The label.
        label: Arc<str>,
        /// The failure, which has none.
        failure: Box<Failure>,
    },
}

/// How a worker ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By a signal: 9 is `kill -9`, 6 is `abort` (also on stack overflow or out of memory), 11 an invalid address.
    Signal(i32),
    /// It exited with this code.
    Code(i32),
    /// It was stopped (`SIGSTOP`), and the pool killed it.
    Stopped,
    /// It violated the protocol, and the pool killed it.
    ProtocolError,
    /// The cause is unknown.
    Unknown,
}

impl End {
    /// By `abort`.
    #[cfg(unix)]
    pub(crate) const ABORT: End = End::Signal(libc::SIGABRT);
}

/// Why a worker is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkerLoss {
    /// It ended.
    Ended(End),
    /// It could not be started; the system's message.
    NotStarted(String),
    /// What was started is this program, but it did not call [`init`](crate::init) first. In tests, use
    /// [`init_before_main!`](crate::init_before_main).
    NotAWorker,
    /// The initializer failed: it panicked, or its argument could not be read.
    Initializer(Box<Failure>),
    /// The pool was shut down.
    ShutDown,
    /// This process was forked from the one that built the pool, whose workers are not its own. It can build another.
    Forked,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Panicked(panic) => write!(f, "panicked{}{panic}", colon(panic)),
            Failure::Aborted { panic, attempts } => {
                write!(f, "its worker was aborted by a panic{}{panic} (attempts: {attempts})", colon(panic))
            }
            Failure::Died { how, attempts } => write!(f, "its worker died: {how} (attempts: {attempts})"),
            Failure::TimedOut { attempts } => write!(f, "over the time limit (attempts: {attempts})"),
            Failure::Unreadable(why) => write!(f, "cannot be sent: {why}"),
            Failure::NoWorker(last) => write!(f, "there is no worker for it: {last}"),
            Failure::Cancelled => f.write_str("cancelled"),
            Failure::Labelled { label, failure } => write!(f, "{label}: {failure}"),
            Failure::Unknown(name) => {
                write!(f, "'{name}' is not registered: tasks are declared with process_pool::task!")
            }
        }
    }
}

/// Without a place, the message follows a colon.
fn colon(panic: &Panic) -> &'static str {
    if panic.location.is_some() { " " } else { ": " }
}

/// The source of a labelled failure is the failure itself; of those that a panic or a lost worker caused, that.
impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Failure::Panicked(panic) | Failure::Aborted { panic, .. } => Some(&**panic),
            Failure::Labelled { failure, .. } => Some(&**failure),
            Failure::NoWorker(loss) => Some(loss),
            _ => None,
        }
    }
}

impl std::error::Error for WorkerLoss {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            WorkerLoss::Initializer(failure) => Some(&**failure),
            _ => None,
        }
    }
}

impl Failure {
    /// The failure without its label.
    #[must_use]
    pub fn reason(&self) -> &Failure {
        match self {
            Failure::Labelled { failure, .. } => failure.reason(),
            failure => failure,
        }
    }

    /// The failure of a task that may have a label.
    #[cfg(unix)]
    pub(crate) fn labelled(self, label: Option<&Arc<str>>) -> Failure {
        match label {
            Some(label) => Failure::Labelled { label: Arc::clone(label), failure: Box::new(self) },
            None => self,
        }
    }

    /// The label of the task, if it has one.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        match self {
            Failure::Labelled { label, .. } => Some(label),
            _ => None,
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Signal(n) => write!(f, "signal {n}"),
            End::Code(n) => write!(f, "exit code {n}"),
            End::Stopped => f.write_str("somebody had stopped it"),
            End::ProtocolError => f.write_str("it did not speak the protocol"),
            End::Unknown => f.write_str("for an unknown reason"),
        }
    }
}

impl fmt::Display for WorkerLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WorkerLoss::Ended(end) => end.fmt(f),
            WorkerLoss::NotStarted(why) => f.write_str(why),
            WorkerLoss::NotAWorker => {
                f.write_str("this program does not begin with process_pool::init (in tests: init_before_main!)")
            }
            WorkerLoss::Initializer(why) => write!(f, "the initializer failed: {why}"),
            WorkerLoss::ShutDown => f.write_str("the pool was shut down"),
            WorkerLoss::Forked => f.write_str("the pool belongs to the process that this one was forked from"),
        }
    }
}
