//! What all sections share: recording, reports, drawings, the Python twins and the command line.
//!
//! The steps of an experiment, in order:
//!
//! 1. [`trace`] records lanes and spans, and answers questions about them.
//! 2. [`report`] is what an experiment returns; [`claims`] and [`cores_used`] decide its verdicts, [`stats`] summarizes
//!    its samples.
//! 3. [`python`] runs the same experiment on the interpreters that were found.
//! 4. [`render`] turns a report into text, SVG and the formats of Perfetto and the Firefox Profiler.
//! 5. [`cli`] is the command line around these steps; with `--ask`, [`mod@ask`] puts the experiment's questions first.
//!
//! They use texts in both languages ([`lang`], [`text!`]), the lines that the article's listings print ([`mod@say`]), one clock
//! ([`clock`]), facts about the machine ([`machine`]), a single core of it ([`affinity`]), child processes that end with their parent ([`process`]), standard output
//! ([`terminal`]), files that are written completely or not at all ([`atomic_write`]), and [`Error`].

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod affinity;
pub mod ask;
pub mod atomic_write;
pub mod claims;
pub mod cli;
pub mod clock;
pub mod cores_used;
mod error;
pub mod escape;
pub mod lang;
pub mod machine;
pub mod process;
pub mod python;
pub mod render;
pub mod report;
pub mod say;
pub mod stats;
pub mod terminal;
pub mod trace;

pub use error::{Error, Result};
