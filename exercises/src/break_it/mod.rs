//! The reader is the scheduler of a lock with a bug, and looks for a schedule that breaks it.
//!
//! Run: `cargo run -p exercises -- break 3`; `-- break 3 --schedule abacb` plays a schedule. Its form is that of `gil-sim step`. The
//! schedule is played in the source of the shipped lock, with one bug planted into a copy of it.
//!
//! - [`levels`]: the eight levels as data; [`copies`]: the locks, shipped and with their bugs
//! - [`threads`]: what the threads of a level do
//! - [`play`]: plays a schedule turn by turn, and sees a broken promise
//! - [`page`]: a level, and what came of a schedule

pub mod copies;
pub mod levels;
pub mod page;
pub mod play;
pub mod threads;

use gil_sim::sim::Schedule;
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::report::Report;
use lab::{Error, Result, text};

use levels::{LEVELS, Level};

/// `cargo run -p exercises -- break`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let last = LEVELS.len();
    let about =
        text!("단계의 번호, 1부터 {last}까지 (없으면 목록)", "number of a level, 1 to {last} (without it: the list)");
    let level = options.positional_word("level", about);
    let about = text!("실행할 스케줄: 글자, !글자, 글자*", "a schedule to play: letters, ! before, * behind");
    let schedule = options.word("schedule", about);
    options.needs(schedule, level);
    let about = text!("버그가 있는 락을 깨뜨리는 스케줄 찾기", "find a schedule that breaks a lock with a bug");
    Experiment::new("break", about, options, move |a| run(a.get(level).as_deref(), a.get(schedule).as_deref()))
        .looks_for_pythons() // it needs none
}

/// The list of levels, a level, or what comes of a schedule in it.
pub fn run(level: Option<&str>, schedule: Option<&str>) -> Result<Report> {
    let Some(given) = level else { return Ok(page::list()) };
    let (number, level) = find(given)?;
    let Some(words) = schedule else { return Ok(page::level(number, level)) };
    let wrong = |what: Text| {
        Error::usage(Text { ko: format!("--schedule: {}", what.ko), en: format!("--schedule: {}", what.en) })
    };
    let schedule = Schedule::read(words).map_err(wrong)?;
    let played = level.play(&schedule);
    if let Some((number, turn, why)) = &played.refused {
        let (choices, ko, en) = (page::choices(&played.places), &why.ko, &why.en);
        return Err(wrong(text!(
            "{number}번째 차례 {turn}: {ko}. 고를 수 있는 것: {choices}",
            "turn {number}, {turn}: {en}. To choose from: {choices}"
        )));
    }
    Ok(page::result(number, level, &played, &level.play_shipped(&schedule)))
}

fn find(given: &str) -> Result<(usize, &'static Level)> {
    let number = given.parse::<usize>().ok();
    let found = number.and_then(|number| Some((number, LEVELS.get(number.checked_sub(1)?)?)));
    let last = LEVELS.len();
    found.ok_or_else(|| {
        Error::usage(text!(
            "LEVEL {given}: 1부터 {last}까지의 정수를 주십시오.",
            "LEVEL {given}: give a whole number from 1 to {last}."
        ))
    })
}
