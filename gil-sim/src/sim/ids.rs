//! Names of things that every part of the simulator knows.

/// A simulated thread, by its number.
pub type Tid = usize;
