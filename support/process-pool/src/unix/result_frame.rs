//! The body of a results frame.

use crate::panics::Panic;
use crate::unix::frame::{ProtocolError, Reader, ValueLocation, put_number, put_place};

/// The result of one task, as sent by its worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskResult<'a> {
    /// How the task ended.
    pub kind: ResultKind,
    /// Whether the worker still holds shared memory that the argument lies in.
    pub kept: bool,
    /// Start and end of the run, if recorded; else zeros.
    pub span: (u64, u64),
    /// The encoded value, or the message of the failure.
    pub value: ValueLocation<'a>,
}

/// How a task ended whose worker survived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultKind {
    /// With a value.
    Done = 0,
    /// With a panic.
    Panicked = 1,
    /// Its argument or value could not be sent.
    Unreadable = 2,
}

const KEPT: u8 = 4;
const SPAN: u8 = 8;

impl<'a> TaskResult<'a> {
    /// Appends it to a results frame.
    pub fn put(&self, out: &mut Vec<u8>) {
        self.put_head(out);
        put_place(out, self.value);
    }

    /// Appends all but the value.
    pub fn put_head(&self, out: &mut Vec<u8>) {
        let (start, end) = self.span;
        let recorded = if end > 0 { SPAN } else { 0 };
        out.push(self.kind as u8 | recorded | if self.kept { KEPT } else { 0 });
        if recorded != 0 {
            put_number(out, start);
            put_number(out, end);
        }
    }

    /// Reads the next one.
    pub fn take(from: &mut Reader<'a>) -> Result<TaskResult<'a>, ProtocolError> {
        let bits = from.byte()?;
        let kind = match bits & !(KEPT | SPAN) {
            0 => ResultKind::Done,
            1 => ResultKind::Panicked,
            2 => ResultKind::Unreadable,
            _ => return Err(ProtocolError),
        };
        let span = if bits & SPAN != 0 { (from.number()?, from.number()?) } else { (0, 0) };
        Ok(TaskResult { kind, kept: bits & KEPT != 0, span, value: from.place()? })
    }
}

/// The head of a results frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Number of results that follow.
    pub done: u64,
    /// Number of tasks after those that were skipped because the parent recalled them.
    pub skipped: u64,
    /// Total run time of the tasks, in ns.
    pub ns: u64,
}

impl Summary {
    /// Appends it to a frame.
    pub fn put(&self, out: &mut Vec<u8>) {
        for n in [self.done, self.skipped, self.ns] {
            put_number(out, n);
        }
    }

    /// Reads it.
    pub fn take(from: &mut Reader<'_>) -> Result<Summary, ProtocolError> {
        Ok(Summary { done: from.number()?, skipped: from.number()?, ns: from.number()? })
    }
}

/// A panic as the value of its result.
#[must_use]
pub fn panic(panic: &Panic) -> Vec<u8> {
    postcard::to_stdvec(panic).unwrap_or_default()
}

/// The same in less than a page: without the backtrace and the end of a long message.
#[must_use]
pub fn short_panic(known: &Panic) -> Vec<u8> {
    let mut end = known.message.len().min(2048);
    while !known.message.is_char_boundary(end) {
        end -= 1;
    }
    let location = known.location.clone().filter(|at| at.file.len() < 1024);
    panic(&Panic { message: known.message[..end].to_owned(), location, backtrace: None })
}

/// Reads a panic; untrusted bytes that are none become its message.
#[must_use]
pub fn read_panic(bytes: &[u8]) -> Panic {
    postcard::from_bytes(bytes).unwrap_or_else(|_| Panic {
        message: String::from_utf8_lossy(bytes).into_owned(),
        location: None,
        backtrace: None,
    })
}
