//! What may come out of a program, as data: each outcome with its class and its reason, and how often it was seen.

use std::borrow::Cow;
use std::collections::BTreeMap;

use lab::lang::Text;
use lab::report::{Measure, Table, Unit};
use lab::{Error, Result, text};

/// What it means to see an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The expected result.
    Acceptable,
    /// Allowed, but surprising; on an idle machine it may never appear.
    Interesting,
    /// Seeing it once proves the program wrong.
    Forbidden,
}

impl Class {
    pub fn name(self) -> Text {
        match self {
            Class::Acceptable => text!("당연함", "acceptable"),
            Class::Interesting => text!("흥미로움", "interesting"),
            Class::Forbidden => text!("금지", "forbidden"),
        }
    }
}

/// One way in which a round can end.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// Its name in measurements.
    pub id: &'static str,
    pub class: Class,
    /// What is seen.
    pub name: fn() -> Text,
    /// Why it may happen, or why it must not.
    pub why: fn() -> Text,
}

/// The id of an outcome that stands for all that the others do not name.
pub const OTHER: &str = "other";

/// The outcome that an id belongs to. `None`: it is not declared, which is as bad as forbidden.
pub fn classify<'a>(outcomes: &'a [Outcome], id: &str) -> Option<&'a Outcome> {
    let named = |id: &str| outcomes.iter().find(|outcome| outcome.id == id);
    named(id).or_else(|| named(OTHER))
}

/// A variant of a program, its possible outcomes, and how often each was seen.
#[derive(Clone, Debug)]
pub struct Tally {
    /// The variant's name in tables and measurements.
    pub variant: &'static str,
    /// All possible outcomes, the forbidden ones too.
    pub outcomes: &'static [Outcome],
    seen: BTreeMap<Cow<'static, str>, u64>,
}

impl Tally {
    pub fn new(variant: &'static str, outcomes: &'static [Outcome]) -> Tally {
        Tally { variant, outcomes, seen: BTreeMap::new() }
    }

    /// Counts an outcome that was seen `times` times.
    pub fn add(&mut self, id: impl Into<Cow<'static, str>>, times: u64) {
        *self.seen.entry(id.into()).or_default() += times;
    }

    /// How often exactly this outcome was seen.
    pub fn seen(&self, id: &str) -> u64 {
        self.seen.get(id).copied().unwrap_or(0)
    }

    pub fn rounds(&self) -> u64 {
        self.seen.values().sum()
    }

    /// Fails with the first forbidden outcome that was seen. An outcome that is not declared is forbidden too.
    pub fn check(&self) -> Result<()> {
        let forbidden = |id: &str| classify(self.outcomes, id).is_none_or(|outcome| outcome.class == Class::Forbidden);
        let Some((id, times)) = self.seen.iter().find(|(id, times)| forbidden(id) && **times > 0) else {
            return Ok(());
        };
        let variant = self.variant;
        let declared = self.outcomes.iter().find(|outcome| outcome.id == id);
        let what = declared.map_or_else(|| Text::same(id.clone()), |outcome| (outcome.name)());
        Err(Error::failed(Text {
            ko: format!("{variant}: 나와서는 안 되는 결과입니다: {} ({times}번)", what.ko),
            en: format!("{variant}: a forbidden outcome: {} ({times} times)", what.en),
        }))
    }

    /// How often each outcome was seen.
    pub fn measures(&self) -> Vec<Measure> {
        let measure = |outcome: &Outcome| {
            let (variant, what) = (self.variant, (outcome.name)());
            let name = Text { ko: format!("{variant}: {}", what.ko), en: format!("{variant}: {}", what.en) };
            Measure::new(format!("{variant}.{}", outcome.id), name, Unit::Count, vec![self.times(outcome) as f64])
        };
        self.outcomes.iter().map(measure).collect()
    }

    /// How often this outcome was seen; [`OTHER`] collects all that is not declared.
    fn times(&self, outcome: &Outcome) -> u64 {
        let belongs = |id: &str| classify(self.outcomes, id).is_some_and(|found| found.id == outcome.id);
        self.seen.iter().filter(|(id, _)| belongs(id)).map(|(_, times)| times).sum()
    }
}

/// A row for each outcome of each variant.
pub fn table<'a>(title: Text, tallies: impl IntoIterator<Item = &'a Tally>) -> Table {
    let row = |tally: &Tally, outcome: &Outcome| {
        let times = Text::same(tally.times(outcome).to_string());
        vec![Text::same(tally.variant), (outcome.name)(), outcome.class.name(), times, (outcome.why)()]
    };
    let rows = tallies.into_iter().flat_map(|tally| tally.outcomes.iter().map(move |outcome| row(tally, outcome)));
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
