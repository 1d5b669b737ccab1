//! Compares two encoded values regardless of the order of sequences and maps: a `HashMap` and a `HashSet` have another
//! order in each copy.

use serde::Serialize;

use crate::limits::DEEPEST;
use crate::wire::cursor::{Cursor, Left};
use crate::wire::encode::to_compare;
use crate::wire::error::Error;
use crate::wire::tag;
use crate::wire::tag::width;

/// Where the value differs from the encoded one, if it does; as `.field` within `.field`.
pub fn difference<T: Serialize + ?Sized>(value: &T, bytes: &[u8]) -> Option<String> {
    let mut place = String::new();
    let again = match to_compare(value) {
        Ok(again) => again,
        Err(_) => return Some(place),
    };
    match walk(&mut Cursor::new(bytes), &mut Cursor::new(&again), &mut place) {
        Ok(true) => None,
        Ok(false) | Err(_) => Some(place),
    }
}

/// Compares two values. Where they differ, `place` tells which field it is.
fn walk(a: &mut Cursor<'_>, b: &mut Cursor<'_>, place: &mut String) -> Result<bool, Error> {
    let tag = a.peek()?;
    if tag != tag::STRUCT || b.peek()? != tag::STRUCT {
        return Ok(digest(a, DEEPEST)? == digest(b, DEEPEST)?);
    }
    a.byte()?;
    b.byte()?;
    let count = a.number()?;
    if b.number()? != count {
        return Ok(false);
    }
    for _ in 0..count {
        let name = a.name()?;
        let before = place.len();
        place.push('.');
        place.push_str(name);
        if b.name()? != name || !walk(a, b, place)? {
            return Ok(false);
        }
        place.truncate(before);
    }
    Ok(true)
}

/// The same for values that differ only in the order of sequences and maps.
type Digest = u128;

/// The digest of the next value.
fn digest(from: &mut Cursor<'_>, levels: usize) -> Result<Digest, Error> {
    let within = || levels.checked_sub(1).ok_or_else(Error::too_deep);
    let tag = from.byte()?;
    let mut mix = Mix::new(tag);
    match tag {
        tag::SOME => mix.add(digest(from, within()?)?),
        // Not compared.
        tag::OPAQUE => from.skip(within()?)?,
        tag::STR | tag::BYTES => {
            let len = from.number()?;
            mix.bytes(from.take(len)?);
        }
        tag::SEQ | tag::OPEN_SEQ | tag::MAP | tag::OPEN_MAP => {
            let open = [tag::OPEN_SEQ, tag::OPEN_MAP].contains(&tag);
            let mut left = if open { Left::Open } else { Left::Count(from.number()?) };
            let is_map = [tag::MAP, tag::OPEN_MAP].contains(&tag);
            let (mut sum, mut count) = (0, 0);
            while from.has_more(&mut left)? {
                let mut item = Mix::new(0);
                item.add(digest(from, within()?)?);
                if is_map {
                    item.add(digest(from, within()?)?);
                }
                sum = item.end().wrapping_add(sum);
                count += 1;
            }
            mix.add(sum);
            mix.add(count);
        }
        tag::SEQ_RUN => {
            let run = from.run()?;
            let items = run.bytes.chunks_exact(width(run.kind).unwrap_or(1));
            let one = |bytes| {
                let mut item = Mix::new(run.kind);
                item.bytes(bytes);
                item.end()
            };
            mix.add(items.map(one).fold(0, Digest::wrapping_add));
            mix.add(Digest::from(run.kind));
            mix.add(run.bytes.len() as Digest);
        }
        tag::TUPLE_RUN => {
            let run = from.run()?;
            mix.add(Digest::from(run.kind));
            mix.bytes(run.bytes);
        }
        tag::TUPLE | tag::STRUCT => {
            let count = from.number()?;
            mix.add(Digest::from(count));
            for _ in 0..count {
                if tag == tag::STRUCT {
                    mix.bytes(from.name()?.as_bytes());
                }
                mix.add(digest(from, within()?)?);
            }
        }
        tag::UNIT_VARIANT => mix.bytes(from.name()?.as_bytes()),
        tag::VARIANT => {
            mix.bytes(from.name()?.as_bytes());
            mix.add(digest(from, within()?)?);
        }
        _ => mix.bytes(from.scalar_bytes(tag)?),
    }
    Ok(mix.end())
}

/// 128 bits: two values that differ have the same digest by chance only.
struct Mix(u64, u64);

impl Mix {
    fn new(tag: u8) -> Mix {
        let mut mix = Mix(0x9e37_79b9_7f4a_7c15, 0xd1b5_4a32_d192_ed03);
        mix.word(u64::from(tag));
        mix
    }

    #[inline]
    fn word(&mut self, word: u64) {
        let fold = |state: u64, odd: u64| {
            let product = u128::from(state ^ word) * u128::from(odd);
            (product >> 64) as u64 ^ product as u64 ^ state.rotate_left(23)
        };
        *self = Mix(fold(self.0, 0xa076_1d64_78bd_642f), fold(self.1, 0xe703_7ed1_a0b4_28db));
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        let (words, rest) = bytes.as_chunks();
        words.iter().for_each(|word| self.word(u64::from_le_bytes(*word)));
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.word(u64::from_le_bytes(last));
    }

    fn add(&mut self, digest: Digest) {
        self.word(digest as u64);
        self.word((digest >> 64) as u64);
    }

    fn end(&self) -> Digest {
        Digest::from(self.0) << 64 | Digest::from(self.1)
    }
}
