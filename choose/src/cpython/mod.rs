//! What CPython 3.13 and later publish about themselves: where in their memory the GIL, the threads and the frames are.
//!
//! `offsets` reads the table that the interpreter publishes, `gil` who holds the lock, `stack` which line a thread is in, `line_table`
//! decodes line numbers, `find` finds the interpreter in a process.

mod find;
mod gil;
mod line_table;
mod offsets;
mod stack;

pub use find::{Kind, Runtime, find};
pub use gil::Gil;
pub use stack::{Line, Stack};
