//! What a lock is worth to the interpreter: without one, every change of a reference count is an atomic step.

use std::time::Duration;

use lab::lang::Text;
use lab::report::{Measure, Table, Unit};
use lab::{Result, clock, show, stats, text};

use super::race::{Race, race};
use crate::vm::heap::Counting::{self, Atomic, Plain};
use crate::vm::programs;
use crate::vm::version::Version;

/// A way to keep reference counts right, or not.
struct Way {
    id: &'static str,
    name: fn() -> Text,
    version: Version,
    counting: Counting,
    /// Whether all threads run, or one alone.
    together: bool,
}

/// The ways that are compared; the last one is broken, and shows what the lock or the atomic steps are for.
const WAYS: [Way; 5] = [
    Way {
        id: "lock.alone",
        name: || text!("락, 평범한 카운트", "lock, plain counts"),
        version: Version::Py313,
        counting: Plain,
        together: false,
    },
    Way {
        id: "atomic.alone",
        name: || text!("락 없음, 원자적 카운트", "no lock, atomic counts"),
        version: Version::Free,
        counting: Atomic,
        together: false,
    },
    Way {
        id: "lock.together",
        name: || text!("락, 평범한 카운트", "lock, plain counts"),
        version: Version::Py313,
        counting: Plain,
        together: true,
    },
    Way {
        id: "atomic.together",
        name: || text!("락 없음, 원자적 카운트", "no lock, atomic counts"),
        version: Version::Free,
        counting: Atomic,
        together: true,
    },
    Way {
        id: "plain.together",
        name: || text!("락 없음, 평범한 카운트(틀림)", "no lock, plain counts (wrong)"),
        version: Version::Free,
        counting: Plain,
        together: true,
    },
];

/// How often each way is tried; interleaved.
const REPEATS: usize = 3;

/// What the ways took, in their order.
pub struct Price {
    runs: Vec<Vec<Race>>,
    threads: usize,
}

/// Runs `counter += one()` in every way.
pub fn run(threads: usize, turns: u64, interval: Duration) -> Result<Price> {
    let program = programs::call();
    let mut runs = vec![Vec::new(); WAYS.len()];
    for _ in 0..REPEATS {
        for (way, runs) in WAYS.iter().zip(&mut runs) {
            let threads = if way.together { threads } else { 1 };
            runs.push(race(&program, way.version, way.counting, threads, turns, interval)?);
        }
    }
    Ok(Price { runs, threads })
}

impl Price {
    /// Time of an instruction: that of the whole run, divided by the instructions of all threads.
    pub fn measures(&self) -> Vec<Measure> {
        let mut measures = Vec::new();
        for (way, runs) in WAYS.iter().zip(&self.runs) {
            let (id, name, threads) = (way.id, (way.name)(), self.threads_of(way));
            let (ko, en) = (&name.ko, &name.en);
            let named = |what: Text| Text {
                ko: format!("{ko}, 스레드 {threads}개: {}", what.ko),
                en: format!("{en}, {threads} threads: {}", what.en),
            };
            let of = |f: fn(&Race) -> f64| runs.iter().map(f).collect::<Vec<f64>>();
            let instruction = of(|race| race.wall as f64 / race.tally.instructions as f64);
            let steps = of(|race| race.tally.counts as f64 / race.tally.instructions as f64);
            let wrong = of(|race| race.miscounted as f64);
            measures.extend([
                Measure::new(
                    format!("instruction.{id}"),
                    named(text!("명령 하나", "one instruction")),
                    Unit::Ns,
                    instruction,
                ),
                Measure::new(
                    format!("counts.{id}"),
                    named(text!("명령 하나의 카운트 변경", "changes of counts an instruction")),
                    Unit::Times,
                    steps,
                ),
                Measure::new(
                    format!("miscounted.{id}"),
                    named(text!("틀린 카운트", "counts off at the end")),
                    Unit::Count,
                    wrong,
                ),
            ]);
        }
        measures
    }

    /// How many times as long an instruction takes one thread alone with atomic counts as under the lock.
    pub fn ratio(&self) -> f64 {
        self.instruction(1) / self.instruction(0)
    }

    fn instruction(&self, way: usize) -> f64 {
        let times: Vec<f64> =
            self.runs[way].iter().map(|race| race.wall as f64 / race.tally.instructions as f64).collect();
        stats::median(&times).unwrap_or(f64::NAN)
    }

    fn threads_of(&self, way: &Way) -> usize {
        if way.together { self.threads } else { 1 }
    }

    /// The ways side by side.
    pub fn table(&self) -> Table {
        let rows = WAYS.iter().zip(&self.runs).enumerate().map(|(n, (way, runs))| {
            let race = runs.first().copied().unwrap_or_default();
            let atomic = if way.counting == Atomic { race.tally.counts } else { 0 };
            let most = runs.iter().map(|race| race.miscounted).max().unwrap_or(0);
            vec![
                (way.name)(),
                Text::same(self.threads_of(way).to_string()),
                Text::same(atomic.to_string()),
                Text::same(clock::human(self.instruction(n))),
                Text::same(most.to_string()),
            ]
        });
        Table {
            title: text!(
                "참조 카운트의 값(counter += one()): 명령 하나의 시간은 모든 스레드의 명령으로 나눈 것",
                "the price of reference counts (counter += one()); time an instruction, over those of all threads"
            ),
            rows: rows.collect(),
            head: vec![
                text!("방식", "way"),
                text!("스레드", "threads"),
                text!("원자적 연산", "atomic steps"),
                text!("명령 하나", "instruction"),
                text!("틀린 카운트", "counts off"),
            ],
        }
    }
}

/// "1.31×".
pub fn times(ratio: f64) -> String {
    show::value(ratio, Unit::Times)
}
