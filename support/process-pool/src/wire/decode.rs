//! Decoding: a serde deserializer that gives each value the type that its tag tells.

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use crate::limits::DEEPEST;
use crate::wire::cursor::{Cursor, Left, Run};
use crate::wire::error::Error;
use crate::wire::names::OPAQUE;
use crate::wire::scalar::Scalar;
use crate::wire::tag;
use crate::wire::tag::width;

/// How serde_json asks for a text that it takes over unread. It is a newtype by its name and a struct by its content.
const RAW_JSON: &str = "$serde_json::private::RawValue";

/// Decodes one value that fills `bytes` completely.
#[inline]
pub fn whole<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let mut decoder = Decoder { from: Cursor::new(bytes), depth: 0 };
    let value = T::deserialize(&mut decoder)?;
    if decoder.from.len() > 0 {
        return Err(Error::malformed("there is more behind it"));
    }
    Ok(value)
}

struct Decoder<'de> {
    from: Cursor<'de>,
    /// How many levels are open.
    depth: usize,
}

impl<'de> Decoder<'de> {
    #[inline]
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.depth == DEEPEST {
            return Err(Error::too_deep());
        }
        self.depth += 1;
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    #[inline]
    fn items<T>(&mut self, left: Left, read: impl FnOnce(&mut Items<'_, 'de>) -> Result<T, Error>) -> Result<T, Error> {
        self.deeper(|decoder| {
            let mut items = Items { decoder, left };
            let value = read(&mut items)?;
            match items.decoder.from.has_more(&mut items.left)? {
                true => Err(Error::custom("more elements were sent than are read")),
                false => Ok(value),
            }
        })
    }

    fn list<V: Visitor<'de>>(&mut self, left: Left, visitor: V) -> Result<V::Value, Error> {
        self.items(left, |items| visitor.visit_seq(items))
    }

    fn map<V: Visitor<'de>>(&mut self, left: Left, visitor: V) -> Result<V::Value, Error> {
        self.items(left, |items| visitor.visit_map(items))
    }

    fn run<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        let run = self.from.run()?;
        let mut done = false;
        let value = visitor.visit_seq(RunItems { width: width(run.kind).unwrap_or(1), run, done: &mut done })?;
        if done { Ok(value) } else { Err(Error::custom("more elements were sent than are read")) }
    }

    #[inline]
    fn scalar<P: Scalar>(&mut self) -> Result<P, Error> {
        P::take(&mut self.from)?.ok_or_else(|| Error::malformed("no such tag"))
    }

    /// What has a tag of its own, which is taken already.
    fn tagged<V: Visitor<'de>>(&mut self, tag: u8, visitor: V) -> Result<V::Value, Error> {
        match tag {
            tag::NONE => visitor.visit_none(),
            tag::SOME => self.deeper(|decoder| visitor.visit_some(decoder)),
            tag::UNIT => visitor.visit_unit(),
            tag::STR => visitor.visit_borrowed_str(self.from.text()?),
            tag::BYTES => {
                let len = self.from.number()?;
                visitor.visit_borrowed_bytes(self.from.take(len)?)
            }
            tag::SEQ | tag::TUPLE => {
                let left = Left::Count(self.from.number()?);
                self.list(left, visitor)
            }
            tag::OPEN_SEQ => self.list(Left::Open, visitor),
            tag::SEQ_RUN | tag::TUPLE_RUN => self.run(visitor),
            tag::MAP => {
                let left = Left::Count(self.from.number()?);
                self.map(left, visitor)
            }
            tag::OPEN_MAP => self.map(Left::Open, visitor),
            tag::STRUCT => {
                let left = Left::Count(self.from.number()?);
                self.items(left, |items| visitor.visit_map(FieldItems(items)))
            }
            // As most formats have it, and serde's own deserializers for `flatten`, `tag` and `untagged`.
            tag::UNIT_VARIANT => visitor.visit_borrowed_str(self.from.name()?),
            tag::VARIANT => self.items(Left::Count(1), |items| visitor.visit_map(FieldItems(items))),
            tag::OPAQUE => self.deeper(|decoder| decoder.deserialize_any(visitor)),
            _ => Err(Error::malformed("no such tag")),
        }
    }
}

macro_rules! scalars {
    ($($method:ident $visit:ident $type:ty),*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match <$type>::take(&mut self.from)? {
                Some(v) => visitor.$visit(v),
                None => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Decoder<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let tag = self.from.peek()?;
        match tag {
            tag::FALSE | tag::TRUE => visitor.visit_bool(self.scalar()?),
            tag::U8 => visitor.visit_u8(self.scalar()?),
            tag::I8 => visitor.visit_i8(self.scalar()?),
            tag::F32 => visitor.visit_f32(self.scalar()?),
            tag::F64 => visitor.visit_f64(self.scalar()?),
            tag::CHAR => visitor.visit_char(self.scalar()?),
            tag::U16..tag::U32 => visitor.visit_u16(self.scalar()?),
            tag::U32..tag::U64 => visitor.visit_u32(self.scalar()?),
            tag::U64..tag::U128 => visitor.visit_u64(self.scalar()?),
            tag::U128..tag::I16 => visitor.visit_u128(self.scalar()?),
            tag::I16..tag::I32 => visitor.visit_i16(self.scalar()?),
            tag::I32..tag::I64 => visitor.visit_i32(self.scalar()?),
            tag::I64..tag::I128 => visitor.visit_i64(self.scalar()?),
            tag::I128.. => visitor.visit_i128(self.scalar()?),
            _ => {
                self.from.byte()?;
                self.tagged(tag, visitor)
            }
        }
    }

    scalars! {
        deserialize_bool visit_bool bool, deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64, deserialize_u128 visit_u128 u128,
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64, deserialize_i128 visit_i128 i128, deserialize_f32 visit_f32 f32,
        deserialize_f64 visit_f64 f64, deserialize_char visit_char char
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.from.peek()? {
            tag::NONE | tag::SOME | tag::UNIT => self.deserialize_any(visitor),
            // A `serialize_with` may write the content only.
            _ => self.deeper(|decoder| visitor.visit_some(decoder)),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        if name == RAW_JSON {
            return self.deserialize_any(visitor);
        }
        if name == OPAQUE && self.from.peek()? == tag::OPAQUE {
            self.from.byte()?;
            return self.deeper(|decoder| visitor.visit_newtype_struct(decoder));
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.from.peek()? {
            tag::UNIT_VARIANT => {
                self.from.byte()?;
                visitor.visit_enum(self.from.name()?.into_deserializer())
            }
            tag::VARIANT => {
                self.from.byte()?;
                self.deeper(|decoder| visitor.visit_enum(Variant(decoder)))
            }
            tag::OPAQUE => {
                self.from.byte()?;
                self.deeper(|decoder| decoder.deserialize_enum("", &[], visitor))
            }
            // `serialize_with` and `into` may write a name as a text.
            tag::STR => {
                self.from.byte()?;
                visitor.visit_enum(self.from.text()?.into_deserializer())
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.from.skip(DEEPEST - self.depth)?;
        visitor.visit_unit()
    }

    fn is_human_readable(&self) -> bool {
        true
    }

    forward_to_deserialize_any! {
        str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier
    }
}

/// The elements of a sequence or the entries of a map.
struct Items<'d, 'de> {
    decoder: &'d mut Decoder<'de>,
    left: Left,
}

impl Items<'_, '_> {
    /// How many may come. Each takes a byte at least.
    fn hint(&self) -> Option<usize> {
        match self.left {
            Left::Count(n) => Some(usize::try_from(n).unwrap_or(usize::MAX).min(self.decoder.from.len())),
            Left::Open => None,
        }
    }
}

impl<'de> SeqAccess<'de> for &mut Items<'_, 'de> {
    type Error = Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if !self.decoder.from.has_more(&mut self.left)? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.decoder).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        self.hint()
    }
}

impl<'de> MapAccess<'de> for &mut Items<'_, 'de> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        self.next_element_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(&mut *self.decoder)
    }

    fn size_hint(&self) -> Option<usize> {
        self.hint()
    }
}

/// The fields of a struct: their keys are names.
struct FieldItems<'i, 'd, 'de>(&'i mut Items<'d, 'de>);

impl<'de> MapAccess<'de> for FieldItems<'_, '_, 'de> {
    type Error = Error;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if !self.0.decoder.from.has_more(&mut self.0.left)? {
            return Ok(None);
        }
        seed.deserialize(BorrowedStrDeserializer::new(self.0.decoder.from.name()?)).map(Some)
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(&mut *self.0.decoder)
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.hint()
    }
}

/// The elements of a run. Given away by value: the compiler then keeps it in registers.
struct RunItems<'r, 'de> {
    run: Run<'de>,
    width: usize,
    /// Whether all were read; set at the end.
    done: &'r mut bool,
}

impl<'de> SeqAccess<'de> for RunItems<'_, 'de> {
    type Error = Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if self.run.bytes.is_empty() {
            return Ok(None);
        }
        let (bytes, rest) = self.run.bytes.split_at_checked(self.width).ok_or_else(Error::cut_short)?;
        self.run.bytes = rest;
        seed.deserialize(RunItem(Run { kind: self.run.kind, bytes })).map(Some)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.run.bytes.len() / self.width.max(1))
    }
}

impl Drop for RunItems<'_, '_> {
    fn drop(&mut self) {
        *self.done = self.run.bytes.is_empty();
    }
}

/// An element of a run.
struct RunItem<'de>(Run<'de>);

impl RunItem<'_> {
    #[inline]
    fn take<P: Scalar>(self) -> Result<P, Error> {
        Ok(P::split_raw(self.0.bytes)?.0)
    }
}

macro_rules! run_items {
    ($($method:ident $visit:ident $type:ty),*) => {
        fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.0.kind {
                $(<$type>::KIND => visitor.$visit(self.take::<$type>()?),)*
                _ => Err(Error::malformed("a run of no known kind")),
            }
        }

        $(
            #[inline]
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
                if self.0.kind == <$type>::KIND {
                    return visitor.$visit(self.take::<$type>()?);
                }
                self.deserialize_any(visitor)
            }
        )*
    };
}

impl<'de> Deserializer<'de> for RunItem<'de> {
    type Error = Error;

    run_items! {
        deserialize_bool visit_bool bool, deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64, deserialize_u128 visit_u128 u128,
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64, deserialize_i128 visit_i128 i128, deserialize_f32 visit_f32 f32,
        deserialize_f64 visit_f64 f64, deserialize_char visit_char char
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn is_human_readable(&self) -> bool {
        true
    }

    forward_to_deserialize_any! {
        str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// A variant with a value.
struct Variant<'d, 'de>(&'d mut Decoder<'de>);

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        let name = self.0.from.name()?;
        Ok((seed.deserialize(BorrowedStrDeserializer::<Error>::new(name))?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Err(Error::invalid_type(Unexpected::NewtypeVariant, &Words("a variant without a value")))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.0.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.0.deserialize_any(visitor)
    }
}

struct Words(&'static str);

impl serde::de::Expected for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
