//! asyncio: many tasks on one thread, on tokio, async-std and smol side by side.
//!
//! - [`article`], [`article_async_std`], [`article_smol`]: the article's listing on each runtime
//! - [`experiments`]: one module per command
//! - [`programs`]: sleeping tasks on each runtime; [`overlap`]: the verdict on whether tasks waited together; [`heartbeat`]: tasks that
//!   record how late they wake up; [`event_loop`]: tokio's event loop and the lane of its thread
//! - [`server_process`], [`fault_injection`], [`ctrl_c`]: parts of the web server and its clients
//! - [`questions`]: what `--ask` asks before the run
//! - [`notes`]: notes that several experiments share

#![forbid(unsafe_code)]

pub mod article;
pub mod article_async_std;
pub mod article_smol;
pub mod ctrl_c;
pub mod event_loop;
pub mod experiments;
pub mod fault_injection;
pub mod heartbeat;
pub mod notes;
pub mod overlap;
pub mod programs;
pub mod questions;
pub mod server_process;
