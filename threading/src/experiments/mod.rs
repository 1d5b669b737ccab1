//! The commands of this section: `cargo run -p threading -- NAME` is the module `NAME`.

pub mod article;
pub mod cpu;
pub mod fetch;
pub mod files;
pub mod one_core;
pub mod pools;
pub mod stack;
