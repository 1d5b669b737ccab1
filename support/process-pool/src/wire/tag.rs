//! The first byte of each value.

pub const NONE: u8 = 0;
/// A value follows.
pub const SOME: u8 = 1;
pub const UNIT: u8 = 2;
pub const FALSE: u8 = 3;
pub const TRUE: u8 = 4;
/// One byte, as for `I8`.
pub const U8: u8 = 5;
pub const I8: u8 = 6;
/// Four bytes.
pub const F32: u8 = 7;
/// Eight bytes.
pub const F64: u8 = 8;
/// Four bytes.
pub const CHAR: u8 = 9;
/// A length, and so many bytes; as for `BYTES`.
pub const STR: u8 = 10;
pub const BYTES: u8 = 11;
/// The number of elements, and so many values; as for `TUPLE`. Only the elements of a tuple have an order that counts.
pub const SEQ: u8 = 12;
pub const TUPLE: u8 = 13;
/// A kind, the number of elements, and the bytes of each; as for `TUPLE_RUN`.
pub const SEQ_RUN: u8 = 14;
pub const TUPLE_RUN: u8 = 15;
/// Values until `END`.
pub const OPEN_SEQ: u8 = 16;
/// The number of entries, and for each its key and its value.
pub const MAP: u8 = 17;
/// The same until `END`.
pub const OPEN_MAP: u8 = 18;
pub const END: u8 = 19;
/// The number of fields, and for each its name and its value.
pub const STRUCT: u8 = 20;
/// A name.
pub const UNIT_VARIANT: u8 = 21;
/// A name and a value: for a variant with several fields a tuple or a struct.
pub const VARIANT: u8 = 22;
/// A value of which the receiver does not compare the bytes.
pub const OPAQUE: u8 = 23;

/// Integers of more than a byte: to their tag, the number of bytes is added that follow.
pub const U16: u8 = 32;
pub const U32: u8 = 40;
pub const U64: u8 = 48;
pub const U128: u8 = 64;
/// Signed ones: zigzag.
pub const I16: u8 = 96;
pub const I32: u8 = 104;
pub const I64: u8 = 112;
pub const I128: u8 = 128;

/// The width of an element in a run.
pub fn width(kind: u8) -> Option<usize> {
    Some(match kind {
        FALSE | U8 | I8 => 1,
        U16 | I16 => 2,
        U32 | I32 | F32 | CHAR => 4,
        U64 | I64 | F64 => 8,
        U128 | I128 => 16,
        _ => return None,
    })
}
