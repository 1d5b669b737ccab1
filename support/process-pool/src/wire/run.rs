//! Gathers scalars of one kind, the elements of a run: a serde serializer that takes nothing else.

use std::fmt;

use serde::ser::{Impossible, Serialize, Serializer};

use crate::wire::names::OPAQUE;
use crate::wire::scalar::Scalar;

/// Shorter tuples are not written as runs: mostly, their elements are of several kinds.
pub const SHORTEST_TUPLE: usize = 4;

/// The bytes of some elements. The buffer is the caller's: the compiler then keeps the rest in registers.
pub struct Chunk<'b, const N: usize> {
    /// The kind of all elements, or `ANY`.
    kind: u8,
    len: usize,
    bytes: &'b mut [u8; N],
}

/// No kind yet.
pub const ANY: u8 = u8::MAX;

/// The widest scalar.
pub const WIDEST: usize = 16;

/// Not a scalar of this kind.
#[derive(Debug)]
pub struct Other;

impl<'b, const N: usize> Chunk<'b, N> {
    #[inline]
    pub fn new(kind: u8, bytes: &'b mut [u8; N]) -> Chunk<'b, N> {
        Chunk { kind, len: 0, bytes }
    }

    /// Adds a value if it is a scalar of the same kind as those before. There must be room.
    #[inline]
    pub fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Other> {
        value.serialize(Gather(self))
    }

    /// Whether there is no room for one more.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.len > N - WIDEST
    }

    /// Takes what was gathered: its kind and its bytes.
    #[inline]
    pub fn take(&mut self) -> (u8, &[u8]) {
        (self.kind, &self.bytes[..std::mem::take(&mut self.len)])
    }
}

struct Gather<'c, 'b, const N: usize>(&'c mut Chunk<'b, N>);

impl<const N: usize> Gather<'_, '_, N> {
    #[inline]
    fn scalar<P: Scalar>(self, v: P) -> Result<(), Other> {
        let chunk = self.0;
        if chunk.kind != P::KIND {
            if chunk.kind != ANY {
                return Err(Other);
            }
            chunk.kind = P::KIND;
        }
        let raw = v.raw();
        let end = chunk.len + raw.as_ref().len();
        chunk.bytes.get_mut(chunk.len..end).ok_or(Other)?.copy_from_slice(raw.as_ref());
        chunk.len = end;
        Ok(())
    }
}

macro_rules! scalars {
    ($($method:ident $type:ty),*) => {$(
        #[inline]
        fn $method(self, v: $type) -> Result<(), Other> {
            self.scalar(v)
        }
    )*};
}

impl<const N: usize> Serializer for Gather<'_, '_, N> {
    type Ok = ();
    type Error = Other;
    type SerializeSeq = Impossible<(), Other>;
    type SerializeTuple = Impossible<(), Other>;
    type SerializeTupleStruct = Impossible<(), Other>;
    type SerializeTupleVariant = Impossible<(), Other>;
    type SerializeMap = Impossible<(), Other>;
    type SerializeStruct = Impossible<(), Other>;
    type SerializeStructVariant = Impossible<(), Other>;

    scalars! {
        serialize_bool bool, serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64,
        serialize_u128 u128, serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64,
        serialize_i128 i128, serialize_f32 f32, serialize_f64 f64, serialize_char char
    }

    fn serialize_str(self, _: &str) -> Result<(), Other> {
        Err(Other)
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Other> {
        Err(Other)
    }

    fn serialize_none(self) -> Result<(), Other> {
        Err(Other)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<(), Other> {
        Err(Other)
    }

    fn serialize_unit(self) -> Result<(), Other> {
        Err(Other)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Other> {
        Err(Other)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Other> {
        Err(Other)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<(), Other> {
        if name == OPAQUE { Err(Other) } else { value.serialize(self) }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Other> {
        Err(Other)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Other> {
        Err(Other)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Other> {
        Err(Other)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Other> {
        Err(Other)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Other> {
        Err(Other)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Other> {
        Err(Other)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, Other> {
        Err(Other)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Other> {
        Err(Other)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Result<(), Other> {
        Err(Other)
    }

    fn is_human_readable(&self) -> bool {
        true
    }
}

impl fmt::Display for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a scalar of this kind")
    }
}

impl std::error::Error for Other {}

impl serde::ser::Error for Other {
    fn custom<T: fmt::Display>(_: T) -> Other {
        Other
    }
}
