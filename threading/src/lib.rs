//! 멀티스레딩 — threads that wait, and threads that compute.

pub mod article;
pub mod cpu;
pub mod fetch;
pub mod files;
pub mod pools;
pub mod stack;
pub mod timeline;
