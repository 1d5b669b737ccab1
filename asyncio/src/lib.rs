//! asyncio — the same on one thread: tokio, async-std and smol side by side.

pub mod article;
pub mod article_async_std;
pub mod article_smol;
pub mod overlap;
pub mod runtimes;
pub mod sleepers;
pub mod timeline;
