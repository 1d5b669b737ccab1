//! The labs of the course and their grader, which grades concurrency: what a run did is recorded, and promises are questions to
//! the record.
//!
//! # From a submission to a verdict
//!
//! 1. [`labs`] lists the labs: every folder of `labs/` with a `promises.rs` (`build.rs` finds them). [`manifest`] reads `lab.toml`.
//! 2. [`copy`] puts the submission into a folder of its own, beside the lab's driver.
//! 3. [`plain`] refuses a submission that names the kit. [`tools`] finds the kit, [`compile`] compiles driver and submission with plain `rustc`. Python needs neither.
//! 4. [`scenario`] runs the driver once for each scenario, under [`limits`], and reads the document that [`kit`] wrote.
//! 5. [`assess`] runs the scenarios of a submission, several at a time ([`parallel`]), and asks the lab's judge, `promises.rs` ([`promise`]), about each promise. `check`, `grade` and `verify` all go this way.
//!    [`explored`] has the words of what loom found.
//! 6. [`tell`] tells a broken promise, [`hang`] names a hang.
//!
//! # Commands
//!
//! [`list`], [`start`], [`next`], [`check`], [`hint`], [`solution`] for students, [`grade`] and [`verify`] for teachers, [`predict`]
//! and [`break_it`] for problems without end. Each is one module with `pub fn command()`.
//!
//! # How to add a lab
//!
//! Copy `labs/01-join-all`. No other file changes: the folder is the lab.
//!
//! | file | what |
//! |---|---|
//! | `lab.toml` | [`manifest::Manifest`]; `[starter_fails]` has a line for each track of the lab |
//! | `task.ko.md`, `task.en.md` | the task |
//! | `starter.rs`, `solution.rs`, `mutants/*.rs` | submissions: one file each, plain code of the field |
//! | `driver.rs` | `pub fn run(scenario: &str, run: &kit::Run)`: calls `crate::submission` and records; it judges nothing |
//! | `promises.rs` | `pub fn judge(promise: &str, run: &Recorded) -> Result<(), Broken>`: the same for both tracks |
//! | the same in `.py` | the driver runs as `python driver.py submission.py SCENARIO`, with `kit.py` beside it |
//!
//! - The driver gets the scenario's name; `kit` is at hand as a crate, and so are tokio, crossbeam and loom. A panic of the driver or
//!   the submission breaks the promises of the scenario.
//! - A scenario that does not end within `limits.seconds` of `lab.toml` is ended by the kit's watchdog, which writes what was recorded
//!   until then and [`kit::Run::waiting`]'s waits. If the judge finds a promise broken in that, with a place, this is told too.
//! - Waits are ended by turns, not by time ([`kit::Meeting`]), and no promise asks how long anything took.
//! - `python = [3, 8]` in `lab.toml` is the oldest Python of the lab. A promise with `needs = "no_gil"` (or `"gil"`) is asked only on
//!   such interpreters.

pub mod assess;
pub mod break_it;
pub mod check;
pub mod compile;
pub mod copy;
pub mod explored;
pub mod grade;
pub mod hang;
pub mod hint;
pub mod labs;
pub mod limits;
pub mod list;
pub mod manifest;
pub mod next;
pub mod page;
pub mod parallel;
pub mod plain;
pub mod predict;
pub mod promise;
pub mod scenario;
pub mod solution;
pub mod start;
pub mod tell;
pub mod tools;
pub mod track;
pub mod verify;
pub mod wanted;
pub mod workspace;

// The sources of locks that `break_it` compiles name them so.
use break_it::copies::{scheduler, sync};
