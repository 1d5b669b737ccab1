//! How a task can end other than with its value. Every way has a name.

use std::fmt;

/// Why a task has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It panicked; this is what it said. Its worker lives on, and it is not tried again.
    Panicked(String),
    /// Its worker died while it ran, as often as it may be tried; this is how the last one ended.
    Died {
        /// How the last worker ended.
        how: End,
        /// How many workers it was begun by.
        attempts: u32,
    },
    /// It ran longer than the time limit, as often as it may be tried.
    TimedOut {
        /// How many workers it was begun by.
        attempts: u32,
    },
    /// Its argument or its value does not survive the way from process to process; the reason.
    Unreadable(String),
    /// No worker can be kept alive to begin it; what became of the last one.
    NoWorker(WorkerLoss),
    /// The task was not among those that `init` was given; its name.
    Unknown(&'static str),
}

/// How a worker ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By a signal: 9 is `kill -9`, 6 is `abort` (also a stack overflow, and no memory left), 11 a wrong address.
    Signal(i32),
    /// It left with this exit code.
    Code(i32),
    /// Somebody stopped it (`SIGSTOP`), and it was killed for that.
    Stopped,
    /// It said what no worker says, and was killed for that.
    ProtocolError,
    /// How is not known.
    Unknown,
}

/// Why a worker is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkerLoss {
    /// It ended.
    Ended(End),
    /// It could not be started; the system's message.
    NotStarted(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Panicked(message) => write!(f, "panicked: {message}"),
            Failure::Died { how, attempts } => write!(f, "its worker died: {how} (attempts: {attempts})"),
            Failure::TimedOut { attempts } => write!(f, "over the time limit (attempts: {attempts})"),
            Failure::Unreadable(why) => write!(f, "cannot be sent: {why}"),
            Failure::NoWorker(last) => write!(f, "there is no worker for it: {last}"),
            Failure::Unknown(name) => write!(f, "'{name}' was not among the tasks given to init"),
        }
    }
}

impl std::error::Error for Failure {}

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
        }
    }
}
