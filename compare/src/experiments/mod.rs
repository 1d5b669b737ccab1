//! The commands of this section.

pub mod table;
