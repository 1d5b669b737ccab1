//! 멀티스레딩: threads that wait, and threads that compute.
//!
//! - [`article`]: the article's listing, five threads that wait
//! - [`experiments`]: one module a command, in the order of `--help`
//! - [`overlap`]: the verdict that several of them give on threads that wait
//! - [`questions`]: what `--ask` asks before the run

#![forbid(unsafe_code)]

pub mod article;
pub mod experiments;
pub mod overlap;
pub mod questions;
