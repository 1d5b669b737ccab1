//! 멀티스레딩 — threads that wait, and threads that compute.

#![forbid(unsafe_code)]

pub mod article;
pub mod cpu;
pub mod fetch;
pub mod files;
pub mod pools;
pub mod stack;
pub mod timeline;
