//! What the table promises.

mod cells;
