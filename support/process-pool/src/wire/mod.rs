//! How arguments and results are encoded: what arrives is what was sent, or it is refused with a reason.
//!
//! A format without names, such as postcard, silently yields other values when a type's two halves disagree: with
//! `#[serde(skip)]` on a variant, those behind it arrive as their neighbours. Formats with names mostly represent both
//! `None` and `Some(None)` by one null. Here
//!
//! - every value carries its type, fields and variants carry their names, and `Some` is written, so that
//!   `deserialize_any` works (`flatten`, `tag`, `untagged`, `serde_json::Value`) and nothing is ambiguous;
//! - the receiver serializes what it has decoded once more, compares it with what came (`verify`), and refuses it if
//!   it differs, before anything runs with it. So a `serialize_with` without its `deserialize_with`, or a default that
//!   is not the value that was skipped, is an error, too.
//!
//! Two things cannot be seen: what a type does not serialize (a skipped field, or two values that it serializes alike),
//! and the order of a sequence, since that of a `HashSet` changes with each copy. Types that are serialized differently
//! each time would be refused: [`Unchecked`] is for them.
//!
//! Types that tell by [`is_human_readable`](serde::Serializer::is_human_readable) are sent in their readable form, since
//! serde's own deserializers for `flatten`, `tag` and `untagged` expect it. These three do not know integers of 128 bits:
//! such values are refused.
//!
//! # Format
//!
//! A value is a tag and what belongs to it, see `tag`. Sequences of numbers are written as one tag, the number of
//! elements and their bytes. Within a sequence or map, a field name that came before is written as its position.
//!
//! Input is untrusted: no claimed length or position is trusted, each element takes a byte of input at least, and
//! nesting is bounded.

mod cursor;
mod decode;
mod encode;
mod encoder;
mod error;
mod names;
mod number;
mod run;
mod same;
mod scalar;
mod sequence;
mod tag;
mod unchecked;
mod verify;

use std::any::type_name;

use serde::Serialize;
use serde::de::DeserializeOwned;

#[cfg(unix)]
pub(crate) use names::OPAQUE;
pub use unchecked::Unchecked;

/// What can be sent: the receiver needs both halves, to check that they agree.
pub trait Value: Serialize + DeserializeOwned {}

impl<T: Serialize + DeserializeOwned> Value for T {}

/// Appends a value to `out`; on error `out` is unchanged.
pub fn encode<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), String> {
    let before = out.len();
    encode::append(value, out).map_err(|e| {
        out.truncate(before);
        format!("{}: {e}", type_name::<T>())
    })
}

/// Decodes one value that fills `bytes` completely, and refuses it if it is not the one that was encoded.
pub fn decode<T: Value>(bytes: &[u8]) -> Result<T, String> {
    let value = decode::whole(bytes).map_err(|e| format!("{}: {e}", type_name::<T>()))?;
    if verify::is_same(&value, bytes) {
        return Ok(value);
    }
    match same::difference(&value, bytes) {
        None => Ok(value),
        Some(place) => Err(format!(
            "{}{place} arrives as something else than what was sent: its Serialize and Deserialize disagree",
            type_name::<T>()
        )),
    }
}
