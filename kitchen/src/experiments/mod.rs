//! The commands of this section: `cargo run -p kitchen -- NAME` is the module `NAME`.

pub mod cooks;
pub mod table;
