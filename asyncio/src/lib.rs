//! asyncio — the same on one thread: tokio, async-std and smol side by side.

pub mod article;
pub mod article_async_std;
pub mod article_smol;
pub mod blocking;
pub mod cancel;
pub mod five;
pub mod gather;
pub mod gil;
pub mod gil_verdicts;
pub mod halves;
pub mod overlap;
pub mod runtimes;
pub mod sleepers;
pub mod tickers;
pub mod timeline;
pub mod transfer;
