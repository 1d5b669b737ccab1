//! `levels`: all of them, with the sources of their locks.

use exercises::break_it::copies::scheduler::Grain;
use exercises::break_it::page::letter_in_full;
use exercises::break_it::play::{name, play};
use exercises::break_it::threads::Told;
use gil_sim::sim::Schedule;
use lab::lang::Text;
use serde::Serialize;

use crate::scheduler::level::{self, Goal, Level};

#[derive(Debug, Serialize)]
pub struct Levels {
    levels: Vec<OfLevel>,
}

#[derive(Debug, Serialize)]
struct OfLevel {
    id: String,
    kind: &'static str,
    number: usize,
    title: Text,
    file: &'static str,
    source: &'static str,
    parts: Vec<Part>,
    threads: Text,
    goal: Text,
    letter: &'static str,
    letter_means: Text,
    names: Vec<String>,
}

/// Lines that matter, from 1.
#[derive(Debug, Serialize)]
struct Part {
    first: usize,
    last: usize,
}

pub fn answer() -> Levels {
    Levels { levels: level::all().into_iter().map(of).collect() }
}

fn of(level: Level) -> OfLevel {
    let told = Told::default();
    let threads = play((level.programs)(&told), &told, level.letter, &Schedule::default()).places.len();
    OfLevel {
        kind: match level.kind {
            Goal::Break { .. } => "break",
            Goal::Reach { .. } => "reach",
        },
        parts: level.parts().into_iter().map(|(first, last)| Part { first, last }).collect(),
        letter: match level.letter {
            Grain::Turns => "turn",
            Grain::Operations => "operation",
        },
        letter_means: letter_in_full(level.letter),
        names: (0..threads).map(|thread| name(thread).to_string()).collect(),
        id: level.id,
        number: level.number,
        title: level.title,
        file: level.file,
        source: level.source,
        threads: level.threads,
        goal: level.goal,
    }
}
