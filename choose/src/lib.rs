//! 언제, 무엇을 써야 할까? — runs the reader's own program once and says what would make it faster.

#![forbid(unsafe_code)]

mod advice;
pub mod classify;
pub mod costs;
#[cfg(target_os = "linux")]
mod cpython;
#[cfg(target_os = "linux")]
mod elf;
pub mod experiments;
#[cfg(target_os = "linux")]
pub mod launch;
#[cfg(target_os = "linux")]
mod memory;
mod page;
mod plan;
pub mod predict;
#[cfg(target_os = "linux")]
mod procfs;
pub mod recording;
#[cfg(target_os = "linux")]
mod sampler;
#[cfg(target_os = "linux")]
mod syscalls;
pub mod wait;
