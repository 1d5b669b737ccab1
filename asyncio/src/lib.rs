//! asyncio — the same on one thread: tokio, async-std and smol side by side.

#![forbid(unsafe_code)]

pub mod article;
pub mod article_async_std;
pub mod article_smol;
pub mod asleep;
pub mod blocking;
pub mod cancel;
#[cfg(feature = "web")]
pub mod connections;
pub mod errands;
#[cfg(feature = "web")]
pub mod fetch;
pub mod five;
pub mod gather;
pub mod gil;
pub mod gil_verdicts;
pub mod halves;
#[cfg(feature = "web")]
pub mod inject;
#[cfg(feature = "web")]
pub mod interrupt;
pub mod million;
pub mod overlap;
#[cfg(feature = "web")]
pub mod peer;
pub mod runtimes;
mod runtimes_page;
#[cfg(feature = "web")]
pub mod serve;
pub mod sleepers;
pub mod tickers;
pub mod timeline;
pub mod transfer;
