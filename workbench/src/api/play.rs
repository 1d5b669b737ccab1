//! `play`: a schedule in a level's lock, from the beginning. The lock is the shipped source or a copy of it, run by real threads one at a time.

use exercises::break_it::copies::scheduler::Place;
use exercises::break_it::levels as breaking;
use exercises::break_it::page::{choice, did, of_place, of_shipped};
use exercises::break_it::play::{Played, Step, name, play, play_on};
use exercises::break_it::threads::Told;
use exercises::predict::random::Random;
use gil_sim::sim::{Schedule, Turn};
use lab::lang::Text;
use lab::text;
use serde::{Deserialize, Serialize};

use crate::limits;
use crate::refused::Refused;
use crate::scheduler::level::{self, Goal, Level};
use crate::scheduler::{REACHING, Row, rows};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    level: String,
    #[serde(default)]
    schedule: String,
    chance: Option<Chance>,
}

/// Turns to draw after the schedule.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chance {
    seed: u64,
    turns: usize,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// What was played.
    pub schedule: String,
    pub steps: Vec<OfStep>,
    #[serde(flatten)]
    pub after: After,
    refused: Option<NotPossible>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OfStep {
    turn: String,
    thread: usize,
    did: Text,
    lines: Vec<u32>,
}

impl OfStep {
    /// Whose turn it was.
    pub fn thread(&self) -> usize {
        self.thread
    }
}

/// What is after the last turn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct After {
    threads: Vec<OfThread>,
    memory: Vec<Row>,
    /// The turns that are possible.
    pub choices: Vec<String>,
    broken: Option<Text>,
    /// Why the goal is reached.
    pub won: Option<Text>,
    shipped: Option<Text>,
    /// There is nothing more to play.
    pub over: bool,
}

impl After {
    /// What the threads share, as one text.
    pub fn memory(&self) -> String {
        self.memory.iter().map(|row| format!("{}={};", row.name, row.value.en)).collect()
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct OfThread {
    name: String,
    place: &'static str,
    timed: bool,
    choice: Option<String>,
    line: Option<u32>,
    next: Option<&'static str>,
    says: Text,
    inside: bool,
    asked: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct NotPossible {
    number: usize,
    turn: String,
    why: Text,
}

/// A schedule for each level that reaches its goal, in the order of the levels.
pub const SOLUTIONS: [&str; 16] = {
    let [a, b, c, d, e, f, g, h] = breaking::SOLUTIONS;
    let [i, j, k, l, m, n, o, p] = REACHING;
    [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
};

pub fn answer(question: &Question) -> Result<Answer, Refused> {
    let level = level::all().into_iter().find(|level| level.id == question.level).ok_or_else(Refused::not_found)?;
    let schedule = Schedule::read(&question.schedule).map_err(Refused::schedule)?;
    if schedule.turns().len() > limits::TURNS {
        let most = limits::TURNS;
        let text = text!("스케줄은 {most}차례까지입니다", "a schedule has at most {most} turns");
        return Err(Refused::schedule(text));
    }
    Ok(of(&level, &schedule, question.chance))
}

/// Plays a schedule in a level.
pub fn of(level: &Level, schedule: &Schedule, chance: Option<Chance>) -> Answer {
    let told = Told::default();
    let mut left = chance.map_or(0, |chance| chance.turns.min(limits::DRAWN));
    let mut random = Random::new(chance.map_or(0, |chance| chance.seed));
    let draw = |places: &[Place]| {
        left = left.checked_sub(1)?;
        let turns: Vec<Turn> = turns(places).collect();
        (!turns.is_empty()).then(|| random.of(&turns))
    };
    let played = play_on((level.programs)(&told), &told, level.letter, schedule, draw);
    let mut lines = Lines { level, last: vec![None; played.places.len()] };
    let steps = played.steps.iter().map(|step| lines.of_step(step)).collect();
    let schedule: String = played.steps.iter().map(|step| step.turn.to_string()).collect();
    let refused = played.refused.as_ref().map(|(number, turn, why)| NotPossible {
        number: *number,
        turn: turn.to_string(),
        why: why.clone(),
    });
    let after = after(level, &played, &lines, &schedule);
    Answer { schedule, steps, after, refused }
}

fn turns(places: &[Place]) -> impl Iterator<Item = Turn> {
    places.iter().enumerate().filter_map(|(thread, place)| choice(thread, *place))
}

/// The lines of the source in which threads are.
struct Lines<'a> {
    level: &'a Level,
    /// The last line of each thread.
    last: Vec<Option<u32>>,
}

impl Lines<'_> {
    fn of_step(&mut self, step: &Step) -> OfStep {
        let thread = step.turn.thread;
        let mut lines = Vec::new();
        for spot in &step.spots {
            if let Some(line) = self.level.line(*spot, self.last[thread]) {
                self.last[thread] = Some(line);
                lines.push(line);
            }
        }
        let did = did(std::slice::from_ref(step), self.level.letter);
        OfStep { turn: step.turn.to_string(), thread, did, lines }
    }
}

fn after(level: &Level, played: &Played, lines: &Lines<'_>, schedule: &str) -> After {
    let of_thread = |(thread, place): (usize, &Place)| OfThread {
        name: name(thread).to_string(),
        place: match place {
            Place::Ended => "ended",
            Place::Asleep { .. } => "asleep",
            Place::Ready { .. } => "ready",
        },
        timed: *place == Place::Asleep { timed: true },
        choice: choice(thread, *place).map(|turn| turn.to_string()),
        line: played.spots[thread].and_then(|spot| level.line(spot, lines.last[thread])),
        next: if let Place::Ready { next } = place { *next } else { None },
        says: of_place(*place),
        inside: played.inside.contains(&thread),
        asked: played.asked && played.inside.contains(&thread),
    };
    let choices: Vec<String> = turns(&played.places).map(|turn| turn.to_string()).collect();
    let (won, shipped) = match level.kind {
        Goal::Break { shipped } => {
            let told = Told::default();
            let right = || {
                let schedule = Schedule::read(schedule).expect("what was played is a schedule");
                of_shipped(&play(shipped(&told), &told, level.letter, &schedule))
            };
            (played.broken.clone(), played.broken.is_some().then(right))
        }
        Goal::Reach { reached } => (reached(played).filter(|_| played.broken.is_none()), None),
    };
    After {
        threads: played.places.iter().enumerate().map(of_thread).collect(),
        memory: rows(&played.memory),
        over: choices.is_empty() || played.broken.is_some(),
        choices,
        broken: played.broken.clone(),
        won,
        shipped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(level: &str, schedule: &str) -> Answer {
        answer(&Question { level: level.into(), schedule: schedule.into(), chance: None }).unwrap()
    }

    #[test]
    fn every_state_can_be_reached_and_none_is_there_at_the_beginning() {
        for (words, number) in REACHING.iter().zip(1..) {
            let level = format!("reach-{number}");
            assert_eq!(ask(&level, "").after.won, None, "{level}");
            let answer = ask(&level, words);
            assert_eq!((answer.refused, answer.after.broken), (None, None), "{level}");
            assert!(answer.after.won.is_some(), "{level}: {words}");
            for end in 1..words.len() {
                let Ok(Answer { after, .. }) = answer_of(&level, &words[..end]) else { continue };
                assert_eq!(after.won, None, "{level}: {} reaches it already", &words[..end]);
            }
        }
    }

    /// A guard is dropped at the end of its scope, not where it was made.
    #[test]
    fn the_lines_of_a_turn_go_from_the_wait_to_the_end_of_the_function() {
        let answer = ask("break-3", "abacb");
        let level = level::all().into_iter().find(|level| level.id == "break-3").unwrap();
        let line = |n: &u32| level.source.lines().nth(*n as usize - 1).unwrap().trim();
        let of_turn = |n: usize| answer.steps[n].lines.iter().map(line).collect::<Vec<_>>();
        assert_eq!(of_turn(4)[..2], ["locked = self.released.wait(locked);", "}"]);
    }

    fn answer_of(level: &str, schedule: &str) -> Result<Answer, Refused> {
        answer(&Question { level: level.into(), schedule: schedule.into(), chance: None })
    }
}
