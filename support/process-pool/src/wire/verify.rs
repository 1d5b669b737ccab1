//! Compares a value with an encoded one: a serde serializer that reads along and allocates nothing.

use std::fmt;

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use crate::limits::DEEPEST;
use crate::wire::cursor::{Cursor, Left, Run};
use crate::wire::encode::exact_len;
use crate::wire::error::Error;
use crate::wire::names::OPAQUE;
use crate::wire::run::{Chunk, Other, WIDEST};
use crate::wire::scalar::Scalar;
use crate::wire::tag;
use crate::wire::tag::width;

/// Whether the value would be encoded as these bytes, in this order. (What is opaque is not compared.)
pub fn is_same<T: Serialize + ?Sized>(value: &T, bytes: &[u8]) -> bool {
    let mut verifier = Verifier { from: Cursor::new(bytes) };
    value.serialize(&mut verifier).is_ok() && verifier.from.len() == 0
}

struct Verifier<'de> {
    from: Cursor<'de>,
}

/// The value is another, or at least in another order.
#[derive(Debug)]
struct Differs;

impl Verifier<'_> {
    #[inline]
    fn tag(&mut self, tag: u8) -> Result<(), Differs> {
        same(self.from.byte()? == tag)
    }

    #[inline]
    fn number(&mut self, n: usize) -> Result<(), Differs> {
        same(self.from.number()? == n as u64)
    }

    #[inline]
    fn name(&mut self, name: &str) -> Result<(), Differs> {
        same(self.from.name_bytes()? == name.as_bytes())
    }

    fn blob(&mut self, tag: u8, bytes: &[u8]) -> Result<(), Differs> {
        self.tag(tag)?;
        self.number(bytes.len())?;
        same(self.from.take(bytes.len() as u64)? == bytes)
    }

    #[inline]
    fn variant(&mut self, name: &str) -> Result<(), Differs> {
        self.tag(tag::VARIANT)?;
        self.name(name)
    }
}

#[inline]
fn same(is: bool) -> Result<(), Differs> {
    if is { Ok(()) } else { Err(Differs) }
}

macro_rules! scalars {
    ($($method:ident $type:ty),*) => {$(
        #[inline]
        fn $method(self, v: $type) -> Result<(), Differs> {
            same(<$type>::take(&mut self.from)?.is_some_and(|sent| sent.is(v)))
        }
    )*};
}

impl<'v, 'de> Serializer for &'v mut Verifier<'de> {
    type Ok = ();
    type Error = Differs;
    type SerializeSeq = Elements<'v, 'de>;
    type SerializeTuple = Elements<'v, 'de>;
    type SerializeTupleStruct = Elements<'v, 'de>;
    type SerializeTupleVariant = Elements<'v, 'de>;
    type SerializeMap = Items<'v, 'de>;
    type SerializeStruct = Items<'v, 'de>;
    type SerializeStructVariant = Items<'v, 'de>;

    scalars! {
        serialize_bool bool, serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64,
        serialize_u128 u128, serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64,
        serialize_i128 i128, serialize_f32 f32, serialize_f64 f64, serialize_char char
    }

    fn serialize_str(self, v: &str) -> Result<(), Differs> {
        self.blob(tag::STR, v.as_bytes())
    }

    fn serialize_bytes(self, v: &[u8]) -> Result<(), Differs> {
        self.blob(tag::BYTES, v)
    }

    fn serialize_none(self) -> Result<(), Differs> {
        self.tag(tag::NONE)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Differs> {
        self.tag(tag::SOME)?;
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Differs> {
        self.tag(tag::UNIT)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Differs> {
        self.tag(tag::UNIT)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Differs> {
        self.tag(tag::UNIT_VARIANT)?;
        self.name(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<(), Differs> {
        if name == OPAQUE {
            self.tag(tag::OPAQUE)?;
            return Ok(self.from.skip(DEEPEST)?);
        }
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Differs> {
        self.variant(variant)?;
        value.serialize(self)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Elements<'v, 'de>, Differs> {
        Elements::begin(self, [tag::SEQ, tag::SEQ_RUN], len)
    }

    fn serialize_tuple(self, len: usize) -> Result<Elements<'v, 'de>, Differs> {
        Elements::begin(self, [tag::TUPLE, tag::TUPLE_RUN], Some(len))
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Elements<'v, 'de>, Differs> {
        self.serialize_tuple(len)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Elements<'v, 'de>, Differs> {
        self.variant(variant)?;
        self.serialize_tuple(len)
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Items<'v, 'de>, Differs> {
        let left = match len {
            Some(len) => {
                self.tag(tag::MAP)?;
                self.number(len)?;
                Left::Count(len as u64)
            }
            None => {
                self.tag(tag::OPEN_MAP)?;
                Left::Open
            }
        };
        Ok(Items { verifier: self, left })
    }

    fn serialize_struct(self, _: &'static str, len: usize) -> Result<Items<'v, 'de>, Differs> {
        self.tag(tag::STRUCT)?;
        self.number(len)?;
        Ok(Items { verifier: self, left: Left::Count(len as u64) })
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Items<'v, 'de>, Differs> {
        self.variant(variant)?;
        self.serialize_struct(name, len)
    }

    #[inline]
    fn collect_seq<I: IntoIterator<Item: Serialize>>(self, elements: I) -> Result<(), Differs> {
        let elements = elements.into_iter();
        self.serialize_seq(exact_len(&elements))?.collect(elements)
    }

    fn is_human_readable(&self) -> bool {
        true
    }
}

/// The elements of a sequence.
struct Elements<'v, 'de> {
    verifier: &'v mut Verifier<'de>,
    run: Option<Run<'de>>,
    left: Left,
}

impl<'v, 'de> Elements<'v, 'de> {
    fn begin(
        verifier: &'v mut Verifier<'de>,
        [tagged, as_run]: [u8; 2],
        len: Option<usize>,
    ) -> Result<Elements<'v, 'de>, Differs> {
        let tag = verifier.from.byte()?;
        let (mut run, mut left) = (None, Left::Open);
        if let Some(len) = len {
            left = Left::Count(len as u64);
            if tag == as_run {
                let sent = verifier.from.run()?;
                same(len.checked_mul(width(sent.kind).unwrap_or(1)) == Some(sent.bytes.len()))?;
                run = Some(sent);
            } else {
                same(tag == tagged)?;
                verifier.number(len)?;
            }
        } else {
            same(tag == tag::OPEN_SEQ)?;
        }
        Ok(Elements { verifier, run, left })
    }

    /// Compares all elements.
    #[inline]
    fn collect<T: Serialize>(mut self, elements: impl Iterator<Item = T>) -> Result<(), Differs> {
        let Some(run) = &mut self.run else {
            for element in elements {
                self.element(&element)?;
            }
            return self.finish();
        };
        let mut bytes = [0; 512];
        let mut chunk = Chunk::new(run.kind, &mut bytes);
        for element in elements {
            chunk.push(&element)?;
            if chunk.is_full() {
                compare(run, chunk.take().1)?;
            }
        }
        compare(run, chunk.take().1)?;
        self.finish()
    }

    #[inline]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Differs> {
        match &mut self.run {
            Some(run) => {
                let mut bytes = [0; WIDEST];
                let mut chunk = Chunk::new(run.kind, &mut bytes);
                chunk.push(value)?;
                compare(run, chunk.take().1)
            }
            None => {
                same(self.verifier.from.has_more(&mut self.left)?)?;
                value.serialize(&mut *self.verifier)
            }
        }
    }

    #[inline]
    fn finish(mut self) -> Result<(), Differs> {
        match self.run {
            Some(run) => same(run.bytes.is_empty()),
            None => same(!self.verifier.from.has_more(&mut self.left)?),
        }
    }
}

/// Compares elements with the next ones of a run.
#[inline]
fn compare(run: &mut Run<'_>, bytes: &[u8]) -> Result<(), Differs> {
    let (sent, rest) = run.bytes.split_at_checked(bytes.len()).ok_or(Differs)?;
    run.bytes = rest;
    same(sent == bytes)
}

macro_rules! elements {
    ($($trait:ident $method:ident),*) => {$(
        impl $trait for Elements<'_, '_> {
            type Ok = ();
            type Error = Differs;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Differs> {
                self.element(value)
            }

            fn end(self) -> Result<(), Differs> {
                self.finish()
            }
        }
    )*};
}

elements! {
    SerializeSeq serialize_element, SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field, SerializeTupleVariant serialize_field
}

/// The entries of a map or the fields of a struct.
struct Items<'v, 'de> {
    verifier: &'v mut Verifier<'de>,
    left: Left,
}

impl SerializeMap for Items<'_, '_> {
    type Ok = ();
    type Error = Differs;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Differs> {
        same(self.verifier.from.has_more(&mut self.left)?)?;
        key.serialize(&mut *self.verifier)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Differs> {
        value.serialize(&mut *self.verifier)
    }

    fn end(mut self) -> Result<(), Differs> {
        same(!self.verifier.from.has_more(&mut self.left)?)
    }
}

macro_rules! fields {
    ($($trait:ident)*) => {$(
        impl $trait for Items<'_, '_> {
            type Ok = ();
            type Error = Differs;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Differs> {
                same(self.verifier.from.has_more(&mut self.left)?)?;
                self.verifier.name(key)?;
                value.serialize(&mut *self.verifier)
            }

            #[inline]
            fn end(mut self) -> Result<(), Differs> {
                same(!self.verifier.from.has_more(&mut self.left)?)
            }
        }
    )*};
}

fields!(SerializeStruct SerializeStructVariant);

impl From<Other> for Differs {
    fn from(_: Other) -> Differs {
        Differs
    }
}

impl From<Error> for Differs {
    fn from(_: Error) -> Differs {
        Differs
    }
}

impl fmt::Display for Differs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("another value")
    }
}

impl std::error::Error for Differs {}

impl serde::ser::Error for Differs {
    fn custom<T: fmt::Display>(_: T) -> Differs {
        Differs
    }
}
