//! The locks that CPython has had, and the trait that they share.
//!
//! | file | CPython | how a busy thread is made to let go |
//! |---|---|---|
//! | `py2` | up to 3.1 | it lets go by itself, every 100 ticks |
//! | `py32` | 3.2 to 3.12 | a waiter requests it; the request is a flag for whoever runs |
//! | `py313` | 3.13 to 3.15 | a waiter requests it of the holder, by name |
//! | `free_threaded` | 3.13t to 3.15t (PEP 703) | there is no lock |
//!
//! Since 3.12 each interpreter may have a lock of its own (PEP 684): one value each, of the same type.
//!
//! The files of this folder use nothing but `crate::sync` and each other, so that the models prove these very lines.

mod free_threaded;
pub(crate) mod held;
mod py2;
mod py313;
pub(crate) mod py32;

pub use free_threaded::Free;
pub use held::{Held, Lock, ThreadId};
pub use py2::{CHECK_INTERVAL, MutexAndCondvar, PlainLock, SemaphoreLock, Ticks};
pub use py32::{Finalizing, Gil, SWITCH_INTERVAL};
pub use py313::AddressedGil;
