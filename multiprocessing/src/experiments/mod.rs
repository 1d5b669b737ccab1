//! The experiments, in the order of `--help`.

pub mod article;
pub mod cpu;
pub mod images;
pub mod ipc;
pub mod kill_storm;
pub mod memory;
pub mod pool;
pub mod pool_failures;
pub mod start_methods;
pub mod translate;
