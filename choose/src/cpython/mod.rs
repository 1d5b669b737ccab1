//! What CPython 3.13 and later publish about themselves: where in their memory the GIL, the threads and the frames are.
//!
//! `find` finds the interpreter in a process, `offsets` reads the table that it publishes, `runtime` is what both give. `gil` reads who
//! holds the lock, `stack` which line a thread is in; `line_table` decodes line numbers.

mod find;
mod gil;
mod line_table;
mod offsets;
mod runtime;
mod stack;

pub use find::{Kind, find};
pub use gil::{Changes, Gil};
pub use runtime::Runtime;
pub use stack::{Line, Stack, StackReader};
