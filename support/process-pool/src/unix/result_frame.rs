//! The bodies of results and ready frames.

use crate::panics::Panic;
use crate::unix::frame::{ProtocolError, Reader, ValueLocation, put_number, put_place};

/// The result of one task, as sent by its worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskResult<'a> {
    /// How the task ended.
    pub kind: ResultKind,
    /// What became of shared memory, if there is anything to tell. Boxed, as with nearly every task there is not.
    pub memory: Option<Box<MemoryNotes>>,
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

/// What became of shared memory with a task: offsets of blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryNotes {
    /// Blocks of the parent that the worker had kept from earlier tasks, and does not read any more.
    pub released: Vec<u64>,
    /// Blocks of the parent that the argument lies in, and the worker still reads.
    pub kept: Vec<u64>,
    /// Blocks of the worker that the value refers to, each once.
    pub lent: Vec<u64>,
}

impl MemoryNotes {
    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.released.is_empty() && self.kept.is_empty() && self.lent.is_empty()
    }

    #[cold]
    fn take(from: &mut Reader<'_>) -> Result<MemoryNotes, ProtocolError> {
        Ok(MemoryNotes { released: take_list(from)?, kept: take_list(from)?, lent: take_list(from)? })
    }
}

const NOTES: u8 = 4;
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
        let notes = if self.memory.is_some() { NOTES } else { 0 };
        out.push(self.kind as u8 | recorded | notes);
        if recorded != 0 {
            put_number(out, start);
            put_number(out, end);
        }
        if let Some(memory) = &self.memory {
            for list in [&memory.released, &memory.kept, &memory.lent] {
                put_number(out, list.len() as u64);
                list.iter().for_each(|at| put_number(out, *at));
            }
        }
    }

    /// Reads the next one.
    #[inline]
    pub fn take(from: &mut Reader<'a>) -> Result<TaskResult<'a>, ProtocolError> {
        let bits = from.byte()?;
        let kind = match bits & !(NOTES | SPAN) {
            0 => ResultKind::Done,
            1 => ResultKind::Panicked,
            2 => ResultKind::Unreadable,
            _ => return Err(ProtocolError),
        };
        let span = if bits & SPAN != 0 { (from.number()?, from.number()?) } else { (0, 0) };
        let memory = if bits & NOTES != 0 { Some(Box::new(MemoryNotes::take(from)?)) } else { None };
        Ok(TaskResult { kind, memory, span, value: from.place()? })
    }
}

/// A list of numbers. Its claimed length allocates nothing.
fn take_list(from: &mut Reader<'_>) -> Result<Vec<u64>, ProtocolError> {
    let len = from.number()?;
    let mut list = Vec::new();
    for _ in 0..len {
        list.push(from.number()?);
    }
    Ok(list)
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

/// The body of a ready frame: empty if the initializer has returned, else the kind of its failure and the message, as in a
/// result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready<'a>(pub Result<(), (ResultKind, &'a [u8])>);

impl<'a> Ready<'a> {
    /// Appends it to a frame.
    pub fn put(&self, out: &mut Vec<u8>) {
        if let Err((kind, message)) = self.0 {
            out.push(kind as u8);
            out.extend_from_slice(message);
        }
    }

    /// Reads a body.
    pub fn of(body: &'a [u8]) -> Result<Ready<'a>, ProtocolError> {
        let Some((kind, message)) = body.split_first() else { return Ok(Ready(Ok(()))) };
        match kind {
            1 => Ok(Ready(Err((ResultKind::Panicked, message)))),
            2 => Ok(Ready(Err((ResultKind::Unreadable, message)))),
            _ => Err(ProtocolError),
        }
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
