//! 언제, 무엇을 써야 할까? — runs the reader's own program once and says what would make it faster.
//!
//! In reading order:
//!
//! | module | what it is |
//! |---|---|
//! | [`experiments`] | the commands: `run`, `again`, `verify`, `overhead` |
//! | `launch` | runs a command as it is, or attaches to a process |
//! | `sampler` | samples it: each thread's time on a core, ready for one, and blocked |
//! | `procfs`, `syscalls`, [`wait`] | what Linux tells of a thread, and what it waits for |
//! | `cpython` | what CPython 3.13 and later publish: who holds the GIL, which line a thread is in; `memory` and `elf` read it |
//! | [`recording`] | the sums of all samples; everything else is computed from it |
//! | [`machine`] | what programs share besides the cores: memory |
//! | [`classify`] | what kind of program it is |
//! | [`predict`] | what threads, asyncio, processes and other ways would give; [`costs`] is what they cost |
//! | `advice`, `page`, `html`, `plan` | the advice, the report, the same for a browser, and the options that describe what is asked |

#![forbid(unsafe_code)]

mod advice;
pub mod classify;
pub mod costs;
#[cfg(target_os = "linux")]
mod cpython;
#[cfg(target_os = "linux")]
mod elf;
pub mod experiments;
mod html;
#[cfg(target_os = "linux")]
pub mod launch;
pub mod machine;
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
