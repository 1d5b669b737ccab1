//! The bench that every section works on.
//!
//! An experiment records a [`trace`] and returns a [`report`]; the [`cli`] runs it and shows it. Texts are written in both
//! languages at the place where they are needed ([`lang`]).

pub mod chart;
pub mod claims;
pub mod cli;
pub mod clock;
mod common;
pub mod error;
pub mod export;
pub mod files;
pub mod judge;
pub mod lanes;
pub mod lang;
pub mod lifeline;
pub mod machine;
mod options;
pub mod out;
pub mod record;
pub mod report;
pub mod say;
pub mod show;
pub mod stats;
pub mod trace;
pub mod twin;

pub use error::{Error, Result};
