//! The way out for types that are not encoded twice in the same way.

use std::fmt;
use std::marker::PhantomData;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::wire::names::OPAQUE;

/// A value that is not compared with what was sent: for types that are serialized differently each time, such as a
/// point in time that is sent as the time from now. If their `Serialize` and `Deserialize` disagree, nobody notices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Unchecked<T>(pub T);

impl<T: Serialize> Serialize for Unchecked<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(OPAQUE, &self.0)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Unchecked<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Unchecked<T>, D::Error> {
        deserializer.deserialize_newtype_struct(OPAQUE, Content(PhantomData)).map(Unchecked)
    }
}

struct Content<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Content<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that is not compared")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        T::deserialize(deserializer)
    }
}
