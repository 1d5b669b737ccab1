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

/// One program under all versions, and on the real interpreters.
pub fn table(id: &str, cases: &[Case], real: &[RealRun]) -> Table {
    let cases: Vec<&Case> = cases.iter().filter(|case| case.id == id).collect();
    let class = |version| cases.iter().find(|case| case.version == version).map(|case| case.class);
    let mut rows: Vec<Vec<Text>> = Vec::new();
    for case in &cases {
        let (all, losing) = case.orders();
        let orders = [all.to_string(), losing.to_string()].map(Text::same);
        let [all, losing] = orders;
        rows.push(vec![Text::same(case.version.name()), all, losing, words(Some(case.class)), seen(&case.lost)]);
    }
    for real in real.iter().filter(|real| real.id == id) {
        let none = Text::same("–");
        rows.push(vec![
            Text::same(&real.name),
            none.clone(),
            none,
            words(real.version.and_then(class)),
            seen(&real.lost),
        ]);
    }
    let source = cases.first().map_or("", |case| case.program().source);
    Table {
        title: text!(
            "{source}: 두 스레드가 1씩 더하는 모든 실행 순서와 실제로 유실된 갱신",
            "{source}: all orders of two threads that add 1 each; updates that real threads lost"
        ),
        head: vec![
            text!("버전", "version"),
            text!("순서", "orders"),
            text!("유실되는 순서", "that lose"),
            text!("규약", "protocol"),
            text!("유실된 갱신(중앙값, 최대)", "lost (median, max)"),
        ],
        rows,
    }
}

fn words(class: Option<Class>) -> Text {
    match class {
        Some(Interesting) => text!("유실 가능", "may lose"),
        Some(Forbidden) => text!("유실 불가", "cannot lose"),
        None => Text::same("–"),
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
