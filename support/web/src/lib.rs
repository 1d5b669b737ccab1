//! A small real HTTP/1.1 server, for clients that want to see more than good weather.
//!
//! Its routes wait, fail and misbehave on purpose ([`route`]); its [`limits`] keep clients from doing the same to it; its end is
//! graceful: what is in flight is answered. It runs on one thread of its own, an event loop, and knows no section: they start it
//! in their process on port 0, and `cargo run -p asyncio -- serve` is the same server as a program.
//!
//! `loopback` is the other one: a thread a connection, one answer, and next to nothing to build.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod accept;
mod answer;
pub mod body;
mod connection;
pub mod descriptors;
pub mod draw;
pub mod limits;
mod patience;
mod request_line;
pub mod route;
pub mod server;
mod state;
pub mod tally;

pub use draw::Faults;
pub use limits::Limits;
pub use server::Server;
pub use state::{Drained, Options};
pub use tally::Tally;
