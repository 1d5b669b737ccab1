//! asyncio — the same on one thread: tokio, async-std and smol side by side.

pub mod article;
pub mod article_async_std;
pub mod article_smol;
#[cfg(feature = "web")]
pub mod connections;
#[cfg(feature = "web")]
pub mod fetch;
#[cfg(feature = "web")]
pub mod inject;
#[cfg(feature = "web")]
pub mod interrupt;
pub mod overlap;
#[cfg(feature = "web")]
pub mod peer;
pub mod runtimes;
#[cfg(feature = "web")]
pub mod serve;
pub mod sleepers;
pub mod timeline;
