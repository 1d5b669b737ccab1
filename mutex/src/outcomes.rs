//! What a program may come to, as data: each outcome with its class and its reason, and how often it was seen.

use std::collections::BTreeMap;

use lab::lang::Text;
use lab::report::{Measure, Table, Unit};
use lab::{Error, Result, text};

use crate::litmus::{self, Class};

/// One way in which a round can end.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// Its name in measurements.
    pub id: &'static str,
    /// What it means to see it.
    pub class: Class,
    /// What is seen.
    pub name: fn() -> Text,
    /// Why.
    pub why: fn() -> Text,
}

/// A variant of a program, what may come out of it, and what did.
#[derive(Clone, Debug)]
pub struct Tally {
    /// The variant's name in tables and measurements.
    pub variant: &'static str,
    /// What may come out, and what must not.
    pub lines: &'static [Line],
    seen: BTreeMap<&'static str, u64>,
}

impl Tally {
    /// Nothing has been seen yet.
    pub fn new(variant: &'static str, lines: &'static [Line]) -> Tally {
        Tally { variant, lines, seen: BTreeMap::new() }
    }

    /// An outcome was seen so many times.
    pub fn see(&mut self, id: &'static str, times: u64) {
        *self.seen.entry(id).or_default() += times;
    }

    /// How often the outcome was seen.
    pub fn seen(&self, id: &str) -> u64 {
        self.seen.get(id).copied().unwrap_or(0)
    }

    /// Rounds in all.
    pub fn rounds(&self) -> u64 {
        self.seen.values().sum()
    }

    /// Nothing, or the failure that names the first forbidden outcome. One that no line names is forbidden too.
    pub fn check(&self) -> Result<()> {
        let line = |id: &str| self.lines.iter().find(|line| line.id == id);
        let forbidden = |id: &&&str| line(id).is_none_or(|line| line.class == Class::Forbidden) && self.seen(id) > 0;
        let Some(id) = self.seen.keys().find(|id| forbidden(id)) else {
            return Ok(());
        };
        let (variant, times) = (self.variant, self.seen(id));
        let what = line(id).map_or_else(|| Text::same(*id), |line| (line.name)());
        Err(Error::failed(Text {
            ko: format!("{variant}: 나와서는 안 되는 결과입니다: {} ({times}번)", what.ko),
            en: format!("{variant}: a forbidden outcome: {} ({times} times)", what.en),
        }))
    }

    /// How often each outcome was seen.
    pub fn measures(&self) -> Vec<Measure> {
        let one = |line: &Line| {
            let (variant, what) = (self.variant, (line.name)());
            let name = Text { ko: format!("{variant}: {}", what.ko), en: format!("{variant}: {}", what.en) };
            Measure::new(format!("{variant}.{}", line.id), name, Unit::Count, vec![self.seen(line.id) as f64])
        };
        self.lines.iter().map(one).collect()
    }
}

/// All outcomes of all variants.
pub fn table<'a>(title: Text, tallies: impl IntoIterator<Item = &'a Tally>) -> Table {
    let row = |tally: &Tally, line: &Line| {
        let seen = Text::same(tally.seen(line.id).to_string());
        vec![Text::same(tally.variant), (line.name)(), litmus::name(line.class), seen, (line.why)()]
    };
    let rows = tallies.into_iter().flat_map(|tally| tally.lines.iter().map(move |line| row(tally, line)));
    Table {
        title,
        rows: rows.collect(),
        head: vec![
            text!("방식", "variant"),
            text!("결과", "outcome"),
            text!("분류", "class"),
            text!("횟수", "seen"),
            text!("이유", "why"),
        ],
    }
}
