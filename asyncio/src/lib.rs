//! asyncio — the same on one thread: tokio, async-std and smol side by side.

pub mod article;
pub mod article_async_std;
pub mod article_smol;
pub mod asleep;
pub mod blocking;
pub mod cancel;
pub mod errands;
pub mod five;
pub mod gather;
pub mod gil;
pub mod gil_verdicts;
pub mod halves;
pub mod million;
pub mod overlap;
pub mod runtimes;
mod runtimes_page;
pub mod sleepers;
pub mod tickers;
pub mod timeline;
pub mod transfer;
