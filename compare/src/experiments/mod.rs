//! The commands of this section.

pub mod scaling;
pub mod table;
