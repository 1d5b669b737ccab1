//! The inside of a CPython that another process runs: who holds the GIL, and which line a thread is in.
//!
//! `view` is what is seen of it, wherever that comes from. CPython 3.13 and later publish where in their memory things are: `find` finds
//! the interpreter in a process, `offsets` reads the table that it publishes, `runtime` is what both give, `gil` reads who holds the
//! lock, `stack` the frames, and `line_table` decodes line numbers. For older ones the feature `py-spy` asks the crate of that name: `spy`.

mod find;
mod gil;
mod line_table;
mod offsets;
mod runtime;
#[cfg(feature = "py-spy")]
mod spy;
mod stack;
mod view;

pub use find::{Kind, find};
pub use gil::{Changes, Gil};
pub use stack::{Line, Stack};
pub use view::View;
