//! What the driver of a lab records with. The same for Python is `python/kit.py`, which writes the same document.
//!
//! - [`recorded`]: the document that one run of one scenario leaves behind
//! - [`run`]: lanes, facts and waits, recorded while the scenario runs
//! - [`meeting`]: waits that show who is there at the same time
//! - [`compute`]: computing that shows whether two threads were on a core at the same instant
//! - [`draw()`]: numbers that nobody can know beforehand
//! - [`program`]: the program around a driver: runs a scenario, ends a hang, writes the document
//! - [`sync`]: what the submissions of loom labs import as `crate::sync`
//!
//! A driver is `driver.rs` of a lab, with `pub fn run(scenario: &str, run: &kit::Run)`. It calls the submission and records; it
//! judges nothing. The submission is `crate::submission` there.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod compute;
pub mod draw;
pub mod meeting;
pub mod program;
pub mod recorded;
pub mod run;
mod stillness;
pub mod sync;

pub use draw::draw;
pub use lab::lang::Text;
pub use lab::trace::State;
pub use lab::{clock, text};
pub use meeting::Meeting;
pub use program::{current, end, main};
pub use recorded::{Blocked, Recorded, Step};
pub use run::{Lane, Run, Waiting};
pub use serde_json::{self, json};
