//! The commands of this section.

pub mod io;
pub mod scaling;
pub mod table;
