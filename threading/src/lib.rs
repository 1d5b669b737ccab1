//! 멀티스레딩 — threads that wait, and threads that compute.
//!
//! - [`article`]: the article's listing, five threads that wait
//! - [`experiments`]: a module for each word of the command line:
//!   - [`experiments::article`]: the listing's timeline, here and on CPython
//!   - [`experiments::cpu`]: the counting loop in sequence, in threads, under the GIL
//!   - [`experiments::fetch`]: web requests, in sequence and in threads
//!   - [`experiments::files`]: reading and checksumming files
//!   - [`experiments::pools`]: uneven jobs, shared out in four ways
//!   - [`experiments::stack`]: what a thread costs in memory

pub mod article;
pub mod experiments;
