//! Values of a fixed width: alone they have a tag each, in a run one together.

use crate::wire::cursor::Cursor;
use crate::wire::error::Error;
use crate::wire::tag;

pub trait Scalar: Copy {
    /// Its tag in a run.
    const KIND: u8;
    /// Its bytes in a run.
    type Raw: AsRef<[u8]>;
    fn raw(self) -> Self::Raw;
    /// Takes one off the front of a run.
    fn split_raw(bytes: &[u8]) -> Result<(Self, &[u8]), Error>;
    /// Appends it with its tag.
    fn put(self, out: &mut Vec<u8>);
    /// Reads it with its tag; `None` if that is another.
    fn take(from: &mut Cursor<'_>) -> Result<Option<Self>, Error>;
    /// Whether all its bits are the same.
    fn is(self, other: Self) -> bool;
}

/// Appends an integer: its tag tells how many bytes it takes.
#[inline]
fn put_uint(tag: u8, n: u64, out: &mut Vec<u8>) {
    let len = (71 - n.leading_zeros() as usize) / 8;
    let mut bytes = [0; 9];
    bytes[0] = tag + len as u8;
    bytes[1..].copy_from_slice(&n.to_le_bytes());
    // One copy of a constant length is quicker than one that fits.
    out.extend_from_slice(&bytes);
    out.truncate(out.len() - (8 - len));
}

fn put_long_uint(tag: u8, n: u128, out: &mut Vec<u8>) {
    let len = (135 - n.leading_zeros() as usize) / 8;
    out.push(tag + len as u8);
    out.extend_from_slice(&n.to_le_bytes()[..len]);
}

macro_rules! integers {
    ($($type:ident $kind:ident $unsigned:ident $wide:ident $put:ident $take:ident $zig:expr, $zag:expr;)*) => {$(
        impl Scalar for $type {
            const KIND: u8 = tag::$kind;
            type Raw = [u8; size_of::<$type>()];

            #[inline]
            fn raw(self) -> Self::Raw {
                self.to_le_bytes()
            }

            #[inline]
            fn split_raw(bytes: &[u8]) -> Result<($type, &[u8]), Error> {
                let (first, rest) = bytes.split_first_chunk().ok_or_else(Error::cut_short)?;
                Ok((<$type>::from_le_bytes(*first), rest))
            }

            #[inline]
            fn put(self, out: &mut Vec<u8>) {
                $put(tag::$kind, $wide::from($zig(self)), out);
            }

            #[inline]
            fn take(from: &mut Cursor<'_>) -> Result<Option<$type>, Error> {
                let len = usize::from(from.peek()?.wrapping_sub(tag::$kind));
                if len > size_of::<$type>() {
                    return Ok(None);
                }
                from.byte()?;
                Ok(Some($zag(from.$take(len)? as $unsigned)))
            }

            #[inline]
            fn is(self, other: $type) -> bool {
                self == other
            }
        }
    )*};
}

integers! {
    u16 U16 u16 u64 put_uint uint |n: u16| n, |n: u16| n;
    u32 U32 u32 u64 put_uint uint |n: u32| n, |n: u32| n;
    u64 U64 u64 u64 put_uint uint |n: u64| n, |n: u64| n;
    u128 U128 u128 u128 put_long_uint long_uint |n: u128| n, |n: u128| n;
    i16 I16 u16 u64 put_uint uint |n: i16| (n << 1 ^ n >> 15) as u16, |n: u16| (n >> 1) as i16 ^ -((n & 1) as i16);
    i32 I32 u32 u64 put_uint uint |n: i32| (n << 1 ^ n >> 31) as u32, |n: u32| (n >> 1) as i32 ^ -((n & 1) as i32);
    i64 I64 u64 u64 put_uint uint |n: i64| (n << 1 ^ n >> 63) as u64, |n: u64| (n >> 1) as i64 ^ -((n & 1) as i64);
    i128 I128 u128 u128 put_long_uint long_uint
        |n: i128| (n << 1 ^ n >> 127) as u128, |n: u128| (n >> 1) as i128 ^ -((n & 1) as i128);
}

macro_rules! fixed {
    ($($type:ident $kind:ident $raw:ident $to:expr, $from:expr;)*) => {$(
        impl Scalar for $type {
            const KIND: u8 = tag::$kind;
            type Raw = [u8; size_of::<$raw>()];

            #[inline]
            fn raw(self) -> Self::Raw {
                $to(self).to_le_bytes()
            }

            #[inline]
            fn split_raw(bytes: &[u8]) -> Result<($type, &[u8]), Error> {
                let (first, rest) = bytes.split_first_chunk().ok_or_else(Error::cut_short)?;
                Ok(($from($raw::from_le_bytes(*first))?, rest))
            }

            #[inline]
            fn put(self, out: &mut Vec<u8>) {
                let mut bytes = [tag::$kind; 1 + size_of::<$raw>()];
                bytes[1..].copy_from_slice(&self.raw());
                out.extend_from_slice(&bytes);
            }

            #[inline]
            fn take(from: &mut Cursor<'_>) -> Result<Option<$type>, Error> {
                if from.peek()? != tag::$kind {
                    return Ok(None);
                }
                from.byte()?;
                $from($raw::from_le_bytes(from.array()?)).map(Some)
            }

            #[inline]
            fn is(self, other: $type) -> bool {
                self.raw() == other.raw()
            }
        }
    )*};
}

fixed! {
    u8 U8 u8 |n: u8| n, Ok;
    i8 I8 u8 |n: i8| n as u8, |n: u8| Ok(n as i8);
    f32 F32 u32 f32::to_bits, |n: u32| Ok(f32::from_bits(n));
    f64 F64 u64 f64::to_bits, |n: u64| Ok(f64::from_bits(n));
    char CHAR u32 u32::from, |n: u32| char::from_u32(n).ok_or_else(|| Error::malformed("a char that is none"));
}

impl Scalar for bool {
    const KIND: u8 = tag::FALSE;
    type Raw = [u8; 1];

    fn raw(self) -> [u8; 1] {
        [u8::from(self)]
    }

    fn split_raw(bytes: &[u8]) -> Result<(bool, &[u8]), Error> {
        match bytes {
            [0, rest @ ..] => Ok((false, rest)),
            [1, rest @ ..] => Ok((true, rest)),
            _ => Err(Error::malformed("a bool that is none")),
        }
    }

    fn put(self, out: &mut Vec<u8>) {
        out.push(tag::FALSE + u8::from(self));
    }

    fn take(from: &mut Cursor<'_>) -> Result<Option<bool>, Error> {
        let is = match from.peek()? {
            tag::FALSE => false,
            tag::TRUE => true,
            _ => return Ok(None),
        };
        from.byte()?;
        Ok(Some(is))
    }

    fn is(self, other: bool) -> bool {
        self == other
    }
}
