//! A byte string that travels between processes without a copy when it is large: through shared memory.
//!
//! Like pickle's out-of-band buffers (protocol 5), the message holds only the location of the bytes.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits::LARGE;
use crate::unix::shm::{Arena, Block, View};
use crate::unix::transfer::{TransferContext, with_context};
use crate::wire::OPAQUE;

/// Bytes that can be sent to other processes. Clones share them.
#[derive(Clone)]
pub struct Bytes(Storage);

#[derive(Clone)]
enum Storage {
    /// In private memory.
    Own(Arc<Vec<u8>>),
    /// In this process's arena.
    Lent(Arc<Block>),
    /// In the other process's arena.
    Borrowed(Arc<View>),
}

/// The serialized form.
#[derive(Serialize, Deserialize)]
enum Wire {
    /// The bytes themselves.
    Inline(Plain<Vec<u8>>),
    /// In the sender's arena: offset and length.
    Mine(u64, u64),
    /// In the receiver's arena: offset and length.
    Yours(u64, u64),
}

impl Bytes {
    /// `len` bytes that `fill` writes; their initial content is arbitrary. In a worker, large ones are allocated where
    /// the parent can read them, so that they need no copy. In a parent, use [`Pool::bytes`](crate::Pool::bytes).
    pub fn with(len: usize, fill: impl FnOnce(&mut [u8])) -> Bytes {
        let own = if len < LARGE { None } else { with_context(|transfer| Arc::clone(&transfer.own)) };
        match own {
            Some(arena) => Bytes::in_arena(&arena, len, fill),
            None => Bytes::in_vec(len, fill),
        }
    }

    /// The same in an arena, or in private memory if the arena is full.
    pub(in crate::unix) fn in_arena(arena: &Arc<Arena>, len: usize, fill: impl FnOnce(&mut [u8])) -> Bytes {
        let Some(mut block) = arena.block(len) else { return Bytes::in_vec(len, fill) };
        fill(block.bytes_mut());
        Bytes(Storage::Lent(Arc::new(block)))
    }

    fn in_vec(len: usize, fill: impl FnOnce(&mut [u8])) -> Bytes {
        let mut bytes = vec![0; len];
        fill(&mut bytes);
        Bytes::from(bytes)
    }

    /// The location to serialize, if the bytes go through shared memory. Large bytes outside our arena are copied into
    /// it.
    fn on(&self, transfer: &mut TransferContext) -> Option<Wire> {
        let len = self.len() as u64;
        let block = match &self.0 {
            Storage::Borrowed(view) if transfer.foreign.as_ref().is_some_and(|theirs| view.is_of(theirs)) => {
                return Some(Wire::Yours(view.at(), len));
            }
            Storage::Lent(block) if block.is_of(&transfer.own) => Arc::clone(block),
            _ if self.len() < LARGE => return None,
            _ => {
                let mut block = transfer.own.block(self.len())?;
                block.bytes_mut().copy_from_slice(self);
                Arc::new(block)
            }
        };
        let at = block.at() as u64;
        transfer.blocks.push(block);
        Some(Wire::Mine(at, len))
    }
}

impl Wire {
    /// Resolves a location in this thread's transfer context.
    fn read_here(self) -> Option<Bytes> {
        match self {
            Wire::Inline(_) => self.read(None),
            _ => with_context(|transfer| self.read(Some(transfer))).flatten(),
        }
    }

    /// Resolves a location; `None` if it is invalid.
    fn read(self, transfer: Option<&mut TransferContext>) -> Option<Bytes> {
        Some(Bytes(match self {
            Wire::Inline(Plain(bytes)) => Storage::Own(Arc::new(bytes)),
            Wire::Mine(at, len) => Storage::Borrowed(Arc::new(transfer?.lent(at)?.view(len)?)),
            Wire::Yours(at, len) => Storage::Lent(transfer?.own_block(at, len)?),
        }))
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Bytes {
        Bytes(Storage::Own(Arc::new(bytes)))
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Storage::Own(bytes) => bytes,
            Storage::Lent(block) => block.bytes(),
            Storage::Borrowed(view) => view.bytes(),
        }
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Bytes) -> bool {
        **self == **other
    }
}

impl Eq for Bytes {}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bytes({} bytes)", self.len())
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The location differs on the other side.
        serializer.serialize_newtype_struct(OPAQUE, &Located(self))
    }
}

/// Puts the bytes where the other process sees them as it is serialized.
struct Located<'a>(&'a Bytes);

impl Serialize for Located<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = self.0;
        match with_context(|transfer| bytes.on(transfer)).flatten() {
            Some(wire) => wire.serialize(serializer),
            None => serializer.serialize_newtype_variant("Wire", 0, "Inline", &Plain(&**bytes)),
        }
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        wire.read_here().ok_or_else(|| D::Error::custom("bytes in memory that is not shared with us"))
    }
}

/// Serialized as one byte string: a `Vec<u8>` would be read number by number.
struct Plain<B>(B);

impl<B: AsRef<[u8]>> Serialize for Plain<B> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0.as_ref())
    }
}

impl<'de> Deserialize<'de> for Plain<Vec<u8>> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_byte_buf(Whole).map(Plain)
    }
}

struct Whole;

impl Visitor<'_> for Whole {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a byte string")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }

    fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
        Ok(bytes)
    }
}
