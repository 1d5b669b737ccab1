//! The reader is the scheduler: chooses at each step which thread goes on, and sees whether the lock holds.
//!
//! Article: GIL(Global Interpreter Lock). Run: `cargo run -p gil-sim -- step convoy`; `--schedule ab!bab` plays a schedule
//! instead.

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

/// As many threads as have letters for themselves and their peers.
const MOST_THREADS: usize = 26;

/// `gil-sim step FILE`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let file = options::scenario(&mut options, Some(Text::same("convoy")));
    let schedule = options.word("schedule", text!("묻지 않고 실행할 스케줄", "a schedule to play instead of asking"));
    Experiment::new(
        "step",
        text!("직접 스케줄러가 되어 한 단계씩 실행", "you are the scheduler: one step at a time"),
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
            "스레드가 {threads}개입니다. step은 {MOST_THREADS}개까지만 보여 줍니다.",
            "there are {threads} threads; step shows at most {MOST_THREADS}."
        )));
    }
    let mut seen = Session::new(setup);
    match schedule {
        Some(words) => seen.play(words)?,
        None => seen.ask()?,
    }
    Ok(seen.report(&scenario.title))
}
