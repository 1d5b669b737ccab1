//! A small HTTP/1.1 server that also waits, fails and misbehaves, so that clients have to handle it.
//!
//! Its [`route`]s wait, fail and misbehave on purpose. Its [`limits`] protect it from clients that do the same. Its shutdown is
//! graceful: requests in flight are answered. With a [`service`] it gives the caller's own answers, under the same limits. It runs an event loop on one thread of its own and depends on no section. Sections
//! start it in their process on port 0; `cargo run -p asyncio -- serve` runs it as a program.
//!
//! `loopback` is the simpler server: one thread for each connection, a single answer, and few dependencies.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod accept;
mod answer;
pub mod body;
mod connection;
pub mod descriptors;
pub mod draw;
pub mod limits;
mod request_line;
pub mod route;
pub mod server;
pub mod service;
mod state;
pub mod tally;
mod write_timeout;

pub use draw::Faults;
pub use limits::Limits;
pub use server::Server;
pub use state::{Drained, Options};
pub use tally::Tally;
