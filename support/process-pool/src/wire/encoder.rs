//! The state of an encoding: where it goes, how deep it is, which names were written.

use crate::limits::DEEPEST;
use crate::wire::error::Error;
use crate::wire::names::Names;
use crate::wire::number::put_number;
use crate::wire::tag;

pub struct Encoder<'a> {
    pub(super) out: &'a mut Vec<u8>,
    /// Where the value begins in `out`.
    pub(super) base: usize,
    /// How many levels are open.
    pub(super) depth: usize,
    /// How many of them are sequences or maps, so that names may come again.
    pub(super) repeating: usize,
    pub(super) names: Names,
    /// Whether what is opaque is left out.
    pub(super) hollow: bool,
}

impl<'a> Encoder<'a> {
    #[inline]
    pub(super) fn new(out: &'a mut Vec<u8>) -> Encoder<'a> {
        let base = out.len();
        Encoder { out, base, depth: 0, repeating: 0, names: Names::default(), hollow: false }
    }

    #[inline]
    pub(super) fn enter(&mut self) -> Result<(), Error> {
        if self.depth == DEEPEST {
            return Err(Error::too_deep());
        }
        self.depth += 1;
        Ok(())
    }

    #[inline]
    pub(super) fn leave(&mut self, levels: usize) {
        self.depth -= levels;
    }

    /// Appends a length, count or position.
    #[inline]
    pub(super) fn number(&mut self, n: usize) {
        put_number(self.out, n as u64);
    }

    #[inline]
    pub(super) fn name(&mut self, name: &'static str) {
        if self.repeating > 0
            && let Some(at) = self.names.find(name, self.out.len() - self.base)
        {
            return self.number(at << 1 | 1);
        }
        self.number(name.len() << 1);
        self.out.extend_from_slice(name.as_bytes());
    }

    #[inline]
    pub(super) fn variant(&mut self, name: &'static str) -> Result<(), Error> {
        self.enter()?;
        self.out.push(tag::VARIANT);
        self.name(name);
        Ok(())
    }

    #[inline]
    pub(super) fn blob(&mut self, tag: u8, bytes: &[u8]) {
        self.out.push(tag);
        self.number(bytes.len());
        self.out.extend_from_slice(bytes);
    }
}
