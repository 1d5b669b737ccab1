//! The protocol between parent and worker: framing, and the encoding of bodies. Input is untrusted.
//!
//! A frame is `P` `L`, its kind, 0, the length of its body (u32, little-endian), and the body. Numbers in bodies are
//! LEB128. No claimed length is trusted: memory grows only with what was read, and every slice is bounds-checked.
//!
//! | from | kind | when | body |
//! |---|---|---|---|
//! | worker | hello | first | the tasks that it knows, see [`hello`] |
//! | parent | init | at most once, before any batch | the index of a task, and [where](ValueLocation) its argument is |
//! | worker | ready | when that task has ended, and only then | nothing, or [why](crate::unix::result_frame::Ready) it failed; then the worker exits |
//! | parent | batch | any time after that | see below |
//! | worker | results | when tasks have ended | see [`result_frame`](crate::unix::result_frame) |
//!
//! Of the shared memory that the argument of an initializer lies in, a worker says nothing: its parent keeps it as long as the
//! worker lives.
//!
//! A batch is: the index of the task; its memory limit; how many arguments there are; how many blocks the parent has read, and
//! their offsets; where each argument is. Memory limit 0 is that of the worker, and `n` allows the tasks of this batch to allocate
//! `n - 1` bytes more than the worker uses before the first of them, but no more than the worker's own limit.

use std::io::{self, Read};
use std::ops::Range;

use crate::limits::LONGEST_FRAME;

/// The size of a frame's header.
pub const HEAD: usize = 8;
const MARK: [u8; 2] = *b"PL";

/// The kind of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Worker: ready. The body identifies the program, see [`hello`].
    Hello = 1,
    /// Parent: tasks to do.
    Batch = 2,
    /// Worker: results of tasks.
    Results = 3,
    /// Parent: the initializer, to be run before any task.
    Init = 4,
    /// Worker: the initializer has ended.
    Ready = 5,
}

/// Not a valid frame, or not one that is allowed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProtocolError;

/// Begins a frame in an empty buffer.
pub fn begin(out: &mut Vec<u8>, kind: Kind) {
    out.extend_from_slice(&[MARK[0], MARK[1], kind as u8, 0, 0, 0, 0, 0]);
}

/// Completes the frame that begins at `start`. False if it is too long to be sent.
#[must_use]
pub fn end(out: &mut [u8], start: usize) -> bool {
    let len = out.len() - start - HEAD;
    out[start + 4..start + HEAD].copy_from_slice(&(len as u32).to_le_bytes());
    len <= LONGEST_FRAME
}

/// A buffer of received bytes, and the frames in it.
#[derive(Debug, Default)]
pub struct Inbox {
    /// Received bytes, then spare room: clearing it each time would cost more than reading.
    bytes: Vec<u8>,
    /// The end of the received bytes.
    filled: usize,
    /// The end of the consumed bytes.
    taken: usize,
}

/// How much is read at a time, at first and later. Unneeded memory would be faulted in page by page, which would take
/// most of a worker's start-up time.
const FIRST: usize = 4 << 10;
const CHUNK: usize = 64 << 10;

impl Inbox {
    /// Reads once. 0 bytes mean end of file.
    pub fn fill(&mut self, from: &mut impl Read) -> io::Result<usize> {
        if self.taken == self.filled {
            (self.taken, self.filled) = (0, 0);
        } else if self.taken >= CHUNK {
            self.bytes.copy_within(self.taken..self.filled, 0);
            (self.taken, self.filled) = (0, self.filled - self.taken);
        }
        if self.bytes.is_empty() {
            self.bytes.resize(FIRST, 0);
        } else if self.bytes.len() - self.filled < FIRST && self.filled > 0 {
            self.bytes.resize((self.filled + CHUNK).max(2 * self.filled), 0);
        }
        let read = from.read(&mut self.bytes[self.filled..])?;
        self.filled += read;
        Ok(read)
    }

    /// The next complete frame: its kind and the range of its body.
    pub fn frame(&mut self) -> Result<Option<(Kind, Range<usize>)>, ProtocolError> {
        let rest = &self.bytes[self.taken..self.filled];
        // Check every byte that is there: garbage shorter than a header must not be waited on for ever.
        if !MARK.starts_with(&rest[..rest.len().min(2)]) {
            return Err(ProtocolError);
        }
        let Some(head) = rest.first_chunk::<HEAD>() else { return Ok(None) };
        let kind = match (head[2], head[3]) {
            (1, 0) => Kind::Hello,
            (2, 0) => Kind::Batch,
            (3, 0) => Kind::Results,
            (4, 0) => Kind::Init,
            (5, 0) => Kind::Ready,
            _ => return Err(ProtocolError),
        };
        let len = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        if len > LONGEST_FRAME {
            return Err(ProtocolError);
        }
        if rest.len() - HEAD < len {
            return Ok(None);
        }
        let body = self.taken + HEAD..self.taken + HEAD + len;
        self.taken = body.end;
        Ok(Some((kind, body)))
    }

    /// A body that [`frame`](Self::frame) returned; valid until the next [`fill`](Self::fill).
    pub fn body(&self, range: Range<usize>) -> &[u8] {
        &self.bytes[range]
    }

    /// The allocated size of the buffer, in bytes.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.bytes.capacity()
    }

    /// Shrinks the buffer to its usual size after a very long frame.
    pub fn trim(&mut self) {
        if self.taken == self.filled && self.bytes.len() > 4 * CHUNK {
            *self = Inbox::default();
        }
    }
}

/// Appends a number.
pub fn put_number(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Where a value is: in the frame itself or in the sender's arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueLocation<'a> {
    /// These bytes.
    Inline(&'a [u8]),
    /// Offset and length in the arena.
    Shared(u64, u64),
}

/// Appends a value's location: its length and a bit that tells which; then the bytes or the offset.
#[inline]
pub fn put_place(out: &mut Vec<u8>, place: ValueLocation<'_>) {
    match place {
        ValueLocation::Inline(bytes) => {
            put_number(out, (bytes.len() as u64) << 1);
            out.extend_from_slice(bytes);
        }
        ValueLocation::Shared(at, len) => {
            put_number(out, len << 1 | 1);
            put_number(out, at);
        }
    }
}

/// Reads a body from its front.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// A byte.
    #[inline]
    pub fn byte(&mut self) -> Result<u8, ProtocolError> {
        let (first, rest) = self.0.split_first().ok_or(ProtocolError)?;
        self.0 = rest;
        Ok(*first)
    }

    /// A number.
    #[inline]
    pub fn number(&mut self) -> Result<u64, ProtocolError> {
        match self.0.split_first() {
            Some((first, rest)) if *first < 0x80 => {
                self.0 = rest;
                Ok(u64::from(*first))
            }
            _ => self.long_number(),
        }
    }

    #[cold]
    fn long_number(&mut self) -> Result<u64, ProtocolError> {
        let mut n = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(ProtocolError);
            }
            n |= bits << shift;
            if byte < 0x80 {
                return Ok(n);
            }
        }
        Err(ProtocolError)
    }

    /// Bytes.
    #[inline]
    pub fn bytes(&mut self, len: u64) -> Result<&'a [u8], ProtocolError> {
        let len = usize::try_from(len).ok().filter(|len| *len <= self.0.len()).ok_or(ProtocolError)?;
        let (bytes, rest) = self.0.split_at(len);
        self.0 = rest;
        Ok(bytes)
    }

    /// Where a value is.
    #[inline]
    pub fn place(&mut self) -> Result<ValueLocation<'a>, ProtocolError> {
        let head = self.number()?;
        if head & 1 == 0 {
            return Ok(ValueLocation::Inline(self.bytes(head >> 1)?));
        }
        Ok(ValueLocation::Shared(self.number()?, head >> 1))
    }

    /// Checks that nothing is left.
    pub fn end(&self) -> Result<(), ProtocolError> {
        if self.0.is_empty() { Ok(()) } else { Err(ProtocolError) }
    }
}

/// The body of a worker's hello frame: parent and worker must know the same tasks in the same order.
pub fn hello<'a>(names: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut body = b"pool 1".to_vec();
    for name in names {
        put_number(&mut body, name.len() as u64);
        body.extend_from_slice(name.as_bytes());
    }
    body
}
