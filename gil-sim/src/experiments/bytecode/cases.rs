//! The cases: every program under every version, with the outcomes that are allowed and those that a run shows.

use std::time::Duration;

use lab::lang::Text;
use lab::report::unit;
use lab::report::{Measure, Table, Unit};
use lab::{Error, Result, stats, text};

use super::race::{Race, race};
use crate::vm::code::Program;
use crate::vm::explore::{self, Ends};
use crate::vm::heap::Counting;
use crate::vm::programs;
use crate::vm::version::Version;

/// What it means if an update is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Allowed. An idle machine may never show it.
    Interesting,
    /// A single one proves the interpreter wrong.
    Forbidden,
}

use Class::{Forbidden, Interesting};

/// A program that is raced.
#[derive(Clone, Copy, Debug)]
pub struct Contender {
    /// Its name in measurements.
    pub id: &'static str,
    pub program: fn() -> Program,
    /// What a lost update means under each of [`Version::ALL`].
    pub classes: [Class; 6],
}

/// The programs that are raced.
pub const CONTENDERS: [Contender; 2] = [
    Contender {
        id: "plain",
        program: programs::plain,
        classes: [Interesting, Interesting, Forbidden, Forbidden, Forbidden, Interesting],
    },
    Contender { id: "call", program: programs::call, classes: [Interesting; 6] },
];

/// Runs of every race, interleaved, so that a stall of the machine hits all versions.
const REPEATS: usize = 3;

/// A program under a version: what is allowed, and what was seen.
#[derive(Debug)]
pub struct Case {
    /// The program's name in measurements.
    pub id: &'static str,
    pub version: Version,
    /// What a lost update means.
    pub class: Class,
    /// Final values of the counter over all orders of two threads with one update each.
    pub ends: Ends,
    /// The share of updates lost, in every run.
    pub lost: Vec<f64>,
}

/// How a version counts references.
fn counting(version: Version) -> Counting {
    if version == Version::Free { Counting::Atomic } else { Counting::Plain }
}

/// Runs everything. Fails if a version loses what it cannot lose, or if references are miscounted.
pub fn all(threads: usize, iterations: u64, interval: Duration) -> Result<Vec<Case>> {
    let mut cases: Vec<Case> = Vec::new();
    for Contender { id, program, classes } in CONTENDERS {
        for (version, class) in Version::ALL.into_iter().zip(classes) {
            let ends = explore::ends(&program(), version, 2, 1);
            cases.push(Case { id, version, class, ends, lost: Vec::new() });
        }
    }
    for _ in 0..REPEATS {
        for case in &mut cases {
            let (program, version) = (case.program(), case.version);
            let race = race(&program, version, counting(version), threads, iterations, interval)?;
            case.check(race)?;
            case.lost.push(race.lost() as f64 / race.updates as f64);
        }
    }
    Ok(cases)
}

impl Case {
    fn program(&self) -> Program {
        (CONTENDERS.iter().find(|contender| contender.id == self.id).expect("made from them").program)()
    }

    /// All orders, and those in which an update is lost.
    pub fn orders(&self) -> (u128, u128) {
        let right = self.ends.get(&2).copied().unwrap_or(0);
        let all = self.ends.values().sum();
        (all, all - right)
    }

    /// Fails if the race shows an outcome that is forbidden.
    pub fn check(&self, race: Race) -> Result<()> {
        let (source, version) = (self.program().source, self.version.name());
        let (lost, miscounted) = (race.lost(), race.miscounted);
        if miscounted > 0 {
            return Err(Error::failed(text!(
                "{version}: {source}: 참조 카운트가 {miscounted}만큼 틀렸습니다. 나와서는 안 되는 결과입니다.",
                "{version}: {source}: reference counts are off by {miscounted}, which must not happen."
            )));
        }
        if race.counter > race.updates {
            let (counter, updates) = (race.counter, race.updates);
            return Err(Error::failed(text!(
                "{version}: {source}: 갱신 {updates}번 뒤의 카운터가 {counter}입니다. 나와서는 안 되는 결과입니다.",
                "{version}: {source}: the counter is at {counter} after {updates} updates, which must not happen."
            )));
        }
        let (_, losing) = self.orders();
        if self.class == Forbidden && (lost > 0 || losing > 0) {
            return Err(Error::failed(text!(
                "{version}: {source}: 갱신 {lost}번이 유실되었습니다. 나와서는 안 되는 결과입니다.",
                "{version}: {source}: lost {lost} updates, which must not happen."
            )));
        }
        Ok(())
    }

    /// The share lost, as a measurement.
    pub fn measure(&self) -> Measure {
        let (source, version) = (self.program().source, self.version.name());
        let name = text!("{version}: {source}: 유실된 갱신", "{version}: {source}: lost updates");
        Measure::new(format!("lost_share.{}.{version}", self.id), name, Unit::Share, self.lost.clone())
    }
}

/// What a real interpreter lost.
#[derive(Clone, Debug)]
pub struct RealRun {
    /// The program's name in measurements.
    pub id: &'static str,
    pub name: String,
    /// Which of our versions it is, if any.
    pub version: Option<Version>,
    /// The share of updates lost, in every run.
    pub lost: Vec<f64>,
}

/// What each version may lose of each program, and what was lost: the versions, then the real interpreters.
pub fn losses(cases: &[Case], real: &[RealRun]) -> Table {
    let class = |id: &str, version| {
        let case = |case: &&Case| case.id == id && case.version == version;
        cases.iter().find(case).map(|case| case.class)
    };
    let mut rows: Vec<Vec<Text>> = Vec::new();
    for version in Version::ALL {
        let of = |id: &str| cases.iter().find(|case| case.id == id && case.version == version);
        let cell = |id| of(id).map_or_else(Text::default, |case| may_and_did(Some(case.class), &case.lost));
        rows.push(row(version.name(), cell));
    }
    let mut names: Vec<&str> = real.iter().map(|real| real.name.as_str()).collect();
    names.dedup();
    for name in names {
        let of = |id: &str| real.iter().find(|real| real.id == id && real.name == name);
        let allowed = |real: &RealRun| real.version.and_then(|version| class(real.id, version));
        let cell = |id| of(id).map_or_else(Text::default, |real| may_and_did(allowed(real), &real.lost));
        rows.push(row(name, cell));
    }
    Table {
        title: text!(
            "버전마다 유실될 수 있는 갱신과 실제로 유실된 갱신(중앙값, 최대)",
            "What each version may lose, and the updates that real threads lost (median, max)"
        ),
        head: head(text!("버전", "version"), |contender| Text::same((contender.program)().source)),
        rows,
    }
}

/// All orders of two threads that add 1 each, by exhaustive search.
pub fn orders(cases: &[Case]) -> Table {
    let row = |version: Version| {
        row(version.name(), |id| {
            let case = cases.iter().find(|case| case.id == id && case.version == version);
            case.map_or_else(Text::default, |case| {
                let (all, losing) = case.orders();
                text!("{all}개 중 {losing}개", "{losing} of {all}")
            })
        })
    };
    Table {
        title: text!(
            "두 스레드가 한 번씩 더하는 모든 순서 가운데 갱신이 유실되는 순서",
            "Of all orders in which two threads add 1 each, those that lose an update"
        ),
        head: head(text!("버전", "version"), |contender| Text::same((contender.program)().source)),
        rows: Version::ALL.into_iter().map(row).collect(),
    }
}

fn head(first: Text, of: impl Fn(&Contender) -> Text) -> Vec<Text> {
    std::iter::once(first).chain(CONTENDERS.iter().map(of)).collect()
}

fn row(name: &str, cell: impl Fn(&'static str) -> Text) -> Vec<Text> {
    std::iter::once(Text::same(name)).chain(CONTENDERS.iter().map(|contender| cell(contender.id))).collect()
}

fn may_and_did(class: Option<Class>, lost: &[f64]) -> Text {
    let (may, did) = (words(class), seen(lost));
    match class {
        Some(_) => Text { ko: format!("{}: {}", may.ko, did.ko), en: format!("{}: {}", may.en, did.en) },
        None => did,
    }
}

fn words(class: Option<Class>) -> Text {
    match class {
        Some(Interesting) => text!("유실 가능", "may lose"),
        Some(Forbidden) => text!("유실 불가", "cannot lose"),
        None => Text::default(),
    }
}

fn seen(lost: &[f64]) -> Text {
    match (stats::median(lost), stats::range(lost)) {
        (Some(median), Some((_, most))) => {
            Text::same(format!("{}, {}", unit::value(median, Unit::Share), unit::value(most, Unit::Share)))
        }
        _ => text!("측정하지 않음", "not measured"),
    }
}
