//! The reader is the scheduler: at each step one chooses who goes on, and sees whether the lock holds.
//!
//! Article: GIL(Global Interpreter Lock). Run: `cargo run -p gil-sim -- step convoy`; `--schedule ab!bab` plays a schedule instead.

mod prompt;
mod report;
mod session;

use std::path::Path;

use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::report::Report;
use lab::{Error, Result, text};

use crate::{options, scenario};
use session::Session;

/// Threads that have letters enough for themselves and their peers.
const MOST_THREADS: usize = 26;

/// `gil-sim step FILE`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let file = options::scenario(&mut options, Some(Text::same("convoy")));
    let schedule = options.word("schedule", text!("묻지 않고 따라갈 일정", "a schedule to play instead of asking"));
    Experiment::new(
        "step",
        text!("여러분이 스케줄러: 한 걸음씩 고르기", "you are the scheduler: one step at a time"),
        options,
        move |a| run(&a.get(file).unwrap_or_else(|| "convoy".into()), a.get(schedule).as_deref()),
    )
}

/// Plays a schedule, or asks for one turn after another on standard input.
pub fn run(file: &Path, schedule: Option<&str>) -> Result<Report> {
    let scenario = scenario::read(&scenario::file_of(file))?;
    let setup = &scenario.setup;
    let threads: usize = setup.groups.iter().map(|g| g.count).sum();
    if threads > MOST_THREADS {
        return Err(Error::usage(text!(
            "스레드가 {threads}개입니다. 한 걸음씩 볼 수 있는 것은 {MOST_THREADS}개까지입니다.",
            "there are {threads} threads; step shows {MOST_THREADS} at the most."
        )));
    }
    let mut seen = Session::new(setup);
    match schedule {
        Some(words) => seen.play(words)?,
        None => seen.ask()?,
    }
    Ok(seen.report(&scenario.title))
}
