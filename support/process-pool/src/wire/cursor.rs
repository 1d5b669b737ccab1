//! Reads encoded values from their front. Nothing is trusted.

use crate::wire::error::Error;
use crate::wire::names::LONGEST_SHARED;
use crate::wire::tag;
use crate::wire::tag::width;

/// What is left of an encoded value.
#[derive(Clone, Copy)]
pub struct Cursor<'de> {
    whole: &'de [u8],
    rest: &'de [u8],
}

/// How many elements follow.
#[derive(Clone, Copy)]
pub enum Left {
    Count(u64),
    /// Until an end tag.
    Open,
}

/// A sequence of which all elements are scalars of one kind.
#[derive(Clone, Copy)]
pub struct Run<'de> {
    pub kind: u8,
    pub bytes: &'de [u8],
}

impl<'de> Cursor<'de> {
    #[inline]
    pub fn new(whole: &'de [u8]) -> Cursor<'de> {
        Cursor { whole, rest: whole }
    }

    /// How many bytes are left.
    #[inline]
    pub fn len(&self) -> usize {
        self.rest.len()
    }

    #[inline]
    pub fn peek(&self) -> Result<u8, Error> {
        self.rest.first().copied().ok_or_else(Error::cut_short)
    }

    #[inline]
    pub fn byte(&mut self) -> Result<u8, Error> {
        let (first, rest) = self.rest.split_first().ok_or_else(Error::cut_short)?;
        self.rest = rest;
        Ok(*first)
    }

    #[inline]
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (first, rest) = self.rest.split_first_chunk().ok_or_else(Error::cut_short)?;
        self.rest = rest;
        Ok(*first)
    }

    #[inline]
    pub fn take(&mut self, len: u64) -> Result<&'de [u8], Error> {
        let len = usize::try_from(len).ok().filter(|len| *len <= self.rest.len()).ok_or_else(Error::cut_short)?;
        let (bytes, rest) = self.rest.split_at(len);
        self.rest = rest;
        Ok(bytes)
    }

    /// An integer of `len` bytes.
    #[inline]
    pub fn uint(&mut self, len: usize) -> Result<u64, Error> {
        if let Some(eight) = self.rest.first_chunk::<8>().filter(|_| len <= 8) {
            self.rest = &self.rest[len..];
            let all = u64::from_le_bytes(*eight);
            return Ok(if len == 8 { all } else { all & !(u64::MAX << (8 * len)) });
        }
        // Mostly the last value of a message.
        let (bytes, rest) = self.rest.split_at_checked(len).ok_or_else(Error::cut_short)?;
        self.rest = rest;
        Ok(short_uint(bytes))
    }

    /// An integer of up to 16 bytes.
    pub fn long_uint(&mut self, len: usize) -> Result<u128, Error> {
        let mut bytes = [0; 16];
        bytes[..len].copy_from_slice(self.take(len as u64)?);
        Ok(u128::from_le_bytes(bytes))
    }

    /// A length, count or position: LEB128.
    #[inline]
    pub fn number(&mut self) -> Result<u64, Error> {
        match self.rest.split_first() {
            Some((first, rest)) if *first < 0x80 => {
                self.rest = rest;
                Ok(u64::from(*first))
            }
            _ => self.long_number(),
        }
    }

    fn long_number(&mut self) -> Result<u64, Error> {
        let mut n = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            n |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(n);
            }
        }
        Err(Error::malformed("a number without end"))
    }

    /// A text after its length.
    #[inline]
    pub fn text(&mut self) -> Result<&'de str, Error> {
        let len = self.number()?;
        std::str::from_utf8(self.take(len)?).map_err(|_| Error::malformed("a text that is not UTF-8"))
    }

    /// The name of a field or variant.
    #[inline]
    pub fn name(&mut self) -> Result<&'de str, Error> {
        std::str::from_utf8(self.name_bytes()?).map_err(|_| no_name())
    }

    #[inline]
    pub fn name_bytes(&mut self) -> Result<&'de [u8], Error> {
        let here = self.whole.len() - self.rest.len();
        let head = self.number()?;
        if head & 1 == 0 {
            return self.take(head >> 1);
        }
        // Names that are referred to are short, or a few bytes of input could stand for much memory.
        let at = usize::try_from(head >> 1).ok().filter(|at| *at < here).ok_or_else(no_name)?;
        let (head, rest) = self.whole.get(at..).and_then(<[u8]>::split_first).ok_or_else(no_name)?;
        let len = usize::from(head >> 1);
        rest.get(..len).filter(|_| head & 1 == 0 && len <= LONGEST_SHARED).ok_or_else(no_name)
    }

    /// The elements of a run, after its tag.
    #[inline]
    pub fn run(&mut self) -> Result<Run<'de>, Error> {
        let kind = self.byte()?;
        let width = width(kind).ok_or_else(|| Error::malformed("a run of no known kind"))?;
        let count = self.number()?;
        let bytes = self.take(count.checked_mul(width as u64).ok_or_else(Error::cut_short)?)?;
        Ok(Run { kind, bytes })
    }

    /// Whether there is one more element; takes the end tag, if that is what ends them.
    #[inline]
    pub fn has_more(&mut self, left: &mut Left) -> Result<bool, Error> {
        match left {
            Left::Count(0) => Ok(false),
            Left::Count(n) => {
                *n -= 1;
                Ok(true)
            }
            Left::Open if self.peek()? == tag::END => {
                self.byte()?;
                *left = Left::Count(0);
                Ok(false)
            }
            Left::Open => Ok(true),
        }
    }
}

/// An integer of up to 8 bytes. Two reads that overlap are quicker than one of each byte.
#[inline]
fn short_uint(bytes: &[u8]) -> u64 {
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << (8 * (bytes.len() - 4))
        }
        _ => bytes.iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte)),
    }
}

#[cold]
fn no_name() -> Error {
    Error::malformed("a name that is none")
}

impl Cursor<'_> {
    /// Skips a value that nests at most so deeply.
    pub fn skip(&mut self, levels: usize) -> Result<(), Error> {
        let tag = self.byte()?;
        let within = || levels.checked_sub(1).ok_or_else(Error::too_deep);
        match tag {
            tag::SOME | tag::OPAQUE => self.skip(within()?)?,
            tag::STR | tag::BYTES => {
                let len = self.number()?;
                self.take(len)?;
            }
            tag::SEQ | tag::TUPLE | tag::OPEN_SEQ | tag::MAP | tag::OPEN_MAP | tag::STRUCT => {
                let open = [tag::OPEN_SEQ, tag::OPEN_MAP].contains(&tag);
                let mut left = if open { Left::Open } else { Left::Count(self.number()?) };
                let levels = within()?;
                while self.has_more(&mut left)? {
                    match tag {
                        tag::STRUCT => drop(self.name()?),
                        tag::MAP | tag::OPEN_MAP => self.skip(levels)?,
                        _ => {}
                    }
                    self.skip(levels)?;
                }
            }
            tag::SEQ_RUN | tag::TUPLE_RUN => drop(self.run()?),
            tag::UNIT_VARIANT => drop(self.name()?),
            tag::VARIANT => {
                self.name()?;
                self.skip(within()?)?;
            }
            _ => drop(self.scalar_bytes(tag)?),
        }
        Ok(())
    }
}

impl<'de> Cursor<'de> {
    /// What belongs to the tag of a value without parts.
    pub fn scalar_bytes(&mut self, tag: u8) -> Result<&'de [u8], Error> {
        let len = match tag {
            tag::NONE | tag::UNIT | tag::FALSE | tag::TRUE => 0,
            tag::U8 | tag::I8 | tag::F32 | tag::F64 | tag::CHAR => width(tag).unwrap_or(0) as u64,
            _ => int_len(tag).ok_or_else(|| Error::malformed("no such tag"))?,
        };
        self.take(len)
    }
}

/// How many bytes belong to the tag of an integer.
fn int_len(tag: u8) -> Option<u64> {
    let kinds = [tag::U16, tag::U32, tag::U64, tag::U128, tag::I16, tag::I32, tag::I64, tag::I128];
    let kind = kinds.into_iter().filter(|kind| *kind <= tag).max()?;
    let len = usize::from(tag - kind);
    (len <= width(kind)?).then_some(len as u64)
}
