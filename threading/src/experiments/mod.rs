//! The experiments, in the order of `--help`.

pub mod article;
pub mod cpu;
pub mod fetch;
pub mod files;
pub mod pools;
pub mod stack;
