//! The protocol between parent and worker: frames with a head, and what is in them. What is read here may be anything.
//!
//! A frame: `P` `L`, its kind, 0, the length of its body (u32, little-endian), the body. Numbers in bodies are LEB128.
//! What stands in the results is in [`told`](crate::unix::result_frame).
//! No length that is claimed is believed: memory grows with what has been read, and every slice is checked.

use std::io::{self, Read};
use std::ops::Range;

use crate::limits::LONGEST_FRAME;

/// Bytes before a body.
pub const HEAD: usize = 8;
const MARK: [u8; 2] = *b"PL";

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Worker: here I am. The body tells which program, see [`hello`].
    Hello = 1,
    /// Parent: tasks to do.
    Batch = 2,
    /// Worker: what became of tasks.
    Results = 3,
}

/// What is not a frame, or not the one that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProtocolError;

/// Begins a frame in an empty buffer.
pub fn begin(out: &mut Vec<u8>, kind: Kind) {
    out.extend_from_slice(&[MARK[0], MARK[1], kind as u8, 0, 0, 0, 0, 0]);
}

/// Ends the frame that begins at `start`. False if it is too long to be sent.
#[must_use]
pub fn end(out: &mut [u8], start: usize) -> bool {
    let len = out.len() - start - HEAD;
    out[start + 4..start + HEAD].copy_from_slice(&(len as u32).to_le_bytes());
    len <= LONGEST_FRAME
}

/// Bytes that have arrived, and the frames among them.
#[derive(Debug, Default)]
pub struct Inbox {
    /// What was read, and room for more: clearing that each time would cost more than reading.
    bytes: Vec<u8>,
    /// Up to here something was read.
    filled: usize,
    /// Before this all has been taken.
    taken: usize,
}

/// How much is read at a time, at first and when that was not enough. Memory that nobody needs would have to be found by the
/// system, page by page: that takes longer than all else at a worker's start.
const FIRST: usize = 4 << 10;
const CHUNK: usize = 64 << 10;

impl Inbox {
    /// Reads once. 0 bytes: the other side has closed.
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

    /// The next frame, if it is there as a whole: its kind and where its body is.
    pub fn frame(&mut self) -> Result<Option<(Kind, Range<usize>)>, ProtocolError> {
        let rest = &self.bytes[self.taken..self.filled];
        // Every byte that is there must be right, so that garbage shorter than a head is not waited on for ever.
        if !MARK.starts_with(&rest[..rest.len().min(2)]) {
            return Err(ProtocolError);
        }
        let Some(head) = rest.first_chunk::<HEAD>() else { return Ok(None) };
        let kind = match (head[2], head[3]) {
            (1, 0) => Kind::Hello,
            (2, 0) => Kind::Batch,
            (3, 0) => Kind::Results,
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

    /// A body that [`frame`](Self::frame) found; it stays until the next [`fill`](Self::fill).
    pub fn body(&self, range: Range<usize>) -> &[u8] {
        &self.bytes[range]
    }

    /// The bytes of memory that it takes.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.bytes.capacity()
    }

    /// Takes the buffer's memory back to its usual size after a very long frame.
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

/// Appends where a value is: its length and a bit that tells which; then the bytes or the offset.
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

/// Reads a body from the front.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// A byte.
    pub fn byte(&mut self) -> Result<u8, ProtocolError> {
        let (first, rest) = self.0.split_first().ok_or(ProtocolError)?;
        self.0 = rest;
        Ok(*first)
    }

    /// A number.
    pub fn number(&mut self) -> Result<u64, ProtocolError> {
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
    pub fn bytes(&mut self, len: u64) -> Result<&'a [u8], ProtocolError> {
        let len = usize::try_from(len).ok().filter(|len| *len <= self.0.len()).ok_or(ProtocolError)?;
        let (bytes, rest) = self.0.split_at(len);
        self.0 = rest;
        Ok(bytes)
    }

    /// Where a value is.
    pub fn place(&mut self) -> Result<ValueLocation<'a>, ProtocolError> {
        let head = self.number()?;
        if head & 1 == 0 {
            return Ok(ValueLocation::Inline(self.bytes(head >> 1)?));
        }
        Ok(ValueLocation::Shared(self.number()?, head >> 1))
    }

    /// Nothing may be left.
    pub fn end(&self) -> Result<(), ProtocolError> {
        if self.0.is_empty() { Ok(()) } else { Err(ProtocolError) }
    }
}

/// The body of a worker's first frame: parent and worker must know the same tasks in the same order.
pub fn hello<'a>(names: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut body = b"pool 1".to_vec();
    for name in names {
        put_number(&mut body, name.len() as u64);
        body.extend_from_slice(name.as_bytes());
    }
    body
}
