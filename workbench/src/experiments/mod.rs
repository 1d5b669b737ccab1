//! The commands, each by its word on the command line.

pub mod export;
#[cfg(unix)]
pub mod serve;
