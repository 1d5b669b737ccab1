//! Shared memory: one of the pool's two modules with `unsafe` (this folder), and what it relies on.
//!
//! Every process writes only to its own [`Arena`] and reads the other's through a [`RemoteArena`], which is mapped
//! read-only. The owner of an arena is its only allocator, so there is no lock between processes whose holder may die.
//! The memory has no name (`memfd`, or a file that is unlinked before use): it is freed with the last process that
//! holds it.
//!
//! The reading side relies on the owner not changing lent bytes until they are given back. The owner is this very
//! program, and a block cannot be written to once it is shared. A worker with corrupted memory could still do it: then
//! a task gets wrong bytes, never an address out of bounds, and as the file cannot shrink (`F_SEAL_SHRINK`), it cannot
//! cause SIGBUS. Where there is no `memfd`, a file takes its place, and the file system may be full: then blocks are
//! lent only after their pages have been allocated.
//!
//! Freed memory is given back to the system, except for [`KEPT_MEMORY`](crate::limits::KEPT_MEMORY) bytes of each arena,
//! see [`space`].
#![allow(unsafe_code, reason = "memory that another process sees cannot be had from safe code; see above")]

mod arena;
mod claims;
mod map;
mod nameless;
mod remote;
mod space;

pub use arena::{Arena, Block};
pub use claims::Claims;
pub use nameless::anonymous;
pub use remote::{Lending, RemoteArena, View};
