//! The commands of this section: `cargo run -p native -- NAME` is the module `NAME`.

pub mod release;
