//! The levels: eight locks with one planted bug each, to break, and eight shipped ones, to bring into a state.

use exercises::break_it::copies::scheduler::{Grain, Spot};
use exercises::break_it::levels::LEVELS;
use exercises::break_it::play::Played;
use exercises::break_it::threads::{Program, Told};
use lab::lang::Text;

use super::reach::REACHES;
use super::release;

/// What a level asks for.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// To break a lock that has a bug; the other threads have the lock without it.
    Break { shipped: fn(&Told) -> Vec<Program> },
    /// To bring a shipped lock into a state: what was reached, in words, if it was.
    Reach { reached: fn(&Played) -> Option<Text> },
}

pub struct Level {
    /// `break-1`, `reach-1`
    pub id: String,
    /// From 1 on, among those of its kind.
    pub number: usize,
    pub title: Text,
    /// Where the lock is shipped.
    pub file: &'static str,
    /// All lines that run.
    pub source: &'static str,
    /// The names of the anchors around the lines that matter.
    anchors: &'static [&'static str],
    /// What the threads do.
    pub threads: Text,
    /// What is to be done.
    pub goal: Text,
    /// What a letter of a schedule stands for.
    pub letter: Grain,
    pub programs: fn(&Told) -> Vec<Program>,
    pub kind: Goal,
}

pub fn all() -> Vec<Level> {
    let broken = LEVELS.iter().zip(1..).map(|(level, number)| Level {
        id: format!("break-{number}"),
        number,
        title: (level.title)(),
        file: level.file,
        source: level.source,
        anchors: level.anchors,
        threads: (level.threads)(),
        goal: (level.goal)(),
        letter: level.letter,
        programs: level.planted,
        kind: Goal::Break { shipped: level.shipped },
    });
    let reached = REACHES.iter().zip(1..).map(|(level, number)| Level {
        id: format!("reach-{number}"),
        number,
        title: (level.title)(),
        file: level.file,
        source: level.source,
        anchors: level.anchors,
        threads: (level.threads)(),
        goal: (level.goal)(),
        letter: level.letter,
        programs: level.programs,
        kind: Goal::Reach { reached: level.reached },
    });
    broken.chain(reached).collect()
}

impl Level {
    /// The parts of the source that matter: the first and the last line of each, from 1.
    pub fn parts(&self) -> Vec<(usize, usize)> {
        let line = |words: String| self.source.lines().position(|line| line.trim() == words).map(|n| n + 1);
        let part = |anchor: &&str| {
            Some((line(format!("// ANCHOR: {anchor}"))? + 1, line(format!("// ANCHOR_END: {anchor}"))? - 1))
        };
        self.anchors.iter().filter_map(part).collect()
    }

    /// The line of a place in the lock's source; `from` is the line of the thread's operation before. None outside of the source.
    pub fn line(&self, spot: Spot, from: Option<u32>) -> Option<u32> {
        self.has(spot.file).then(|| {
            if spot.drops { release::line_of(self.source, spot.line, from.unwrap_or(spot.line)) } else { spot.line }
        })
    }

    /// Whether a file that was compiled is the source: the shipped file, or the copy of it, `py32.no_signal.rs`.
    fn has(&self, compiled: &str) -> bool {
        let name = |path: &str| path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        let (own, compiled) = (name(self.file), name(compiled));
        match self.kind {
            Goal::Reach { .. } => own == compiled,
            Goal::Break { .. } => {
                own != compiled && own.strip_suffix("rs").is_some_and(|stem| compiled.starts_with(stem))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn there_are_eight_of_each_kind_and_each_shows_its_lines() {
        let all = all();
        let ids: BTreeSet<&str> = all.iter().map(|level| level.id.as_str()).collect();
        assert_eq!((all.len(), ids.len()), (16, 16));
        for level in &all {
            let parts = level.parts();
            let lines = level.source.lines().count();
            assert_eq!(parts.len(), level.anchors.len(), "{}", level.id);
            assert!(parts.iter().all(|(first, last)| first < last && *last <= lines), "{}: {parts:?}", level.id);
            for text in [&level.title, &level.threads, &level.goal] {
                assert!(lab::lang::has_hangul(&text.ko) && !text.en.is_empty(), "{}: {text:?}", level.id);
            }
        }
    }
}
