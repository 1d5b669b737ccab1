//! The experiments, each by its word on the command line.

pub mod bytecode;
#[cfg(unix)]
pub mod calibrate;
#[cfg(unix)]
pub mod convoy;
pub mod cpu_bound;
#[cfg(unix)]
pub mod interval;
pub mod native;
#[cfg(unix)]
pub mod predict;
pub mod step;
#[cfg(unix)]
pub mod verify;
pub mod versions;
