//! The page without a server: one classic script, because browsers load no modules from disk, and the answers, computed before.
//!
//! - [`bundle`]: the modules as one script
//! - [`graph`]: the levels and `counter += 1`, as states with a turn from each to the next
//! - [`answers`]: everything that the page may ask

pub mod answers;
pub mod bundle;
pub mod graph;
