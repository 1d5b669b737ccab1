//! Encoding: a serde serializer that appends to a vector.

use serde::ser::{Serialize, SerializeMap, SerializeStruct, SerializeStructVariant, Serializer};

use crate::wire::encoder::Encoder;
use crate::wire::error::Error;
use crate::wire::names::OPAQUE;
use crate::wire::scalar::Scalar;
use crate::wire::sequence::Elements;
use crate::wire::tag;

/// Appends a value to `out`.
pub fn append<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), Error> {
    value.serialize(&mut Encoder::new(out))
}

/// The encoded value, without the content of what is opaque: that may take memory from the pool.
pub fn to_compare<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    value.serialize(&mut Encoder { hollow: true, ..Encoder::new(&mut out) })?;
    Ok(out)
}

impl<'a> Encoder<'a> {
    #[inline]
    fn fields<'e>(&'e mut self, len: usize, levels: usize) -> Result<Fields<'e, 'a>, Error> {
        self.enter()?;
        self.out.push(tag::STRUCT);
        self.number(len);
        Ok(Fields { encoder: self, announced: len, given: 0, levels })
    }
}

macro_rules! scalars {
    ($($method:ident $type:ty),*) => {$(
        #[inline]
        fn $method(self, v: $type) -> Result<(), Error> {
            v.put(self.out);
            Ok(())
        }
    )*};
}

impl<'e, 'a> Serializer for &'e mut Encoder<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Elements<'e, 'a>;
    type SerializeTuple = Elements<'e, 'a>;
    type SerializeTupleStruct = Elements<'e, 'a>;
    type SerializeTupleVariant = Elements<'e, 'a>;
    type SerializeMap = Entries<'e, 'a>;
    type SerializeStruct = Fields<'e, 'a>;
    type SerializeStructVariant = Fields<'e, 'a>;

    scalars! {
        serialize_bool bool, serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64,
        serialize_u128 u128, serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64,
        serialize_i128 i128, serialize_f32 f32, serialize_f64 f64, serialize_char char
    }

    fn serialize_str(self, v: &str) -> Result<(), Error> {
        self.blob(tag::STR, v.as_bytes());
        Ok(())
    }

    fn serialize_bytes(self, v: &[u8]) -> Result<(), Error> {
        self.blob(tag::BYTES, v);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.out.push(tag::NONE);
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        self.enter()?;
        self.out.push(tag::SOME);
        value.serialize(&mut *self)?;
        self.leave(1);
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.out.push(tag::UNIT);
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.out.push(tag::UNIT_VARIANT);
        self.name(variant);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<(), Error> {
        if name == OPAQUE {
            self.out.push(tag::OPAQUE);
            if self.hollow {
                return self.serialize_unit();
            }
        }
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.variant(variant)?;
        value.serialize(&mut *self)?;
        self.leave(1);
        Ok(())
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Elements<'e, 'a>, Error> {
        Elements::begin(self, tag::SEQ, len, 1)
    }

    fn serialize_tuple(self, len: usize) -> Result<Elements<'e, 'a>, Error> {
        Elements::begin(self, tag::TUPLE, Some(len), 1)
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Elements<'e, 'a>, Error> {
        self.serialize_tuple(len)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Elements<'e, 'a>, Error> {
        self.variant(variant)?;
        Elements::begin(self, tag::TUPLE, Some(len), 2)
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Entries<'e, 'a>, Error> {
        self.enter()?;
        self.repeating += 1;
        match len {
            Some(len) => {
                self.out.push(tag::MAP);
                self.number(len);
            }
            None => self.out.push(tag::OPEN_MAP),
        }
        Ok(Entries { encoder: self, announced: len, given: 0 })
    }

    fn serialize_struct(self, _: &'static str, len: usize) -> Result<Fields<'e, 'a>, Error> {
        self.fields(len, 1)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Fields<'e, 'a>, Error> {
        self.variant(variant)?;
        self.fields(len, 2)
    }

    #[inline]
    fn collect_seq<I: IntoIterator<Item: Serialize>>(self, elements: I) -> Result<(), Error> {
        let elements = elements.into_iter();
        self.serialize_seq(exact_len(&elements))?.collect(elements)
    }

    // As it is the default of the deserializers that serde puts in between for `flatten`, `tag` and `untagged`, too.
    fn is_human_readable(&self) -> bool {
        true
    }
}

/// The number of elements, if it is known.
pub fn exact_len(elements: &impl Iterator) -> Option<usize> {
    let (least, most) = elements.size_hint();
    most.filter(|most| *most == least)
}

/// The entries of a map.
pub struct Entries<'e, 'a> {
    encoder: &'e mut Encoder<'a>,
    announced: Option<usize>,
    given: usize,
}

impl SerializeMap for Entries<'_, '_> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.given += 1;
        key.serialize(&mut *self.encoder)
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(&mut *self.encoder)
    }

    fn end(self) -> Result<(), Error> {
        match self.announced {
            None => self.encoder.out.push(tag::END),
            Some(announced) if announced != self.given => return Err(Error::announced(announced, self.given)),
            Some(_) => {}
        }
        self.encoder.repeating -= 1;
        self.encoder.leave(1);
        Ok(())
    }
}

/// The fields of a struct.
pub struct Fields<'e, 'a> {
    encoder: &'e mut Encoder<'a>,
    announced: usize,
    given: usize,
    /// Two for a variant.
    levels: usize,
}

macro_rules! fields {
    ($($trait:ident)*) => {$(
        impl $trait for Fields<'_, '_> {
            type Ok = ();
            type Error = Error;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
                self.given += 1;
                self.encoder.name(key);
                value.serialize(&mut *self.encoder)
            }

            #[inline]
            fn end(self) -> Result<(), Error> {
                if self.announced != self.given {
                    return Err(Error::announced(self.announced, self.given));
                }
                self.encoder.leave(self.levels);
                Ok(())
            }
        }
    )*};
}

fields!(SerializeStruct SerializeStructVariant);
