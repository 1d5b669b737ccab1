//! The experiments of this section: `cargo run -p asyncio -- NAME` runs the module `NAME`.

pub mod article;
pub mod blocking;
pub mod cancel;
pub mod connections;
pub mod fetch;
pub mod files;
pub mod gather;
pub mod gil;
pub mod loops;
pub mod million;
pub mod runtimes;
pub mod serve;
