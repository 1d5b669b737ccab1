//! The commands of this section.

pub mod claims;
pub mod diff;
pub mod explain;
pub mod io;
pub mod report;
pub mod scaling;
pub mod table;
