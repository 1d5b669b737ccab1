//! What a lock is worth to the interpreter: without one, every change of a reference count is an atomic step.

use std::time::Duration;

use lab::judge::CoresUsed;
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
        name: || text!("락 없음, 평범한 카운트", "no lock, plain counts"),
        version: Version::Free,
        counting: Plain,
        together: true,
    },
];

/// How often each way is tried; interleaved.
const REPEATS: usize = 3;

/// One try of one way.
struct Run {
    race: Race,
    /// How many cores it kept busy: without a lock, no more than were free.
    cores: Option<f64>,
}

/// What the ways took, in their order.
pub struct Price {
    runs: Vec<Vec<Run>>,
    threads: usize,
}

/// Runs `counter += one()` in every way.
pub fn run(threads: usize, turns: u64, interval: Duration) -> Result<Price> {
    let program = programs::call();
    let mut runs: Vec<Vec<Run>> = WAYS.iter().map(|_| Vec::new()).collect();
    for _ in 0..REPEATS {
        for (way, runs) in WAYS.iter().zip(&mut runs) {
            let threads = if way.together { threads } else { 1 };
            let (race, used) =
                CoresUsed::during(|| race(&program, way.version, way.counting, threads, turns, interval));
            runs.push(Run { race: race?, cores: used.cores });
        }
    }
    Ok(Price { runs, threads })
}

impl Run {
    /// Time of an instruction: that of the whole run, divided by the instructions of all threads.
    fn instruction(&self) -> f64 {
        self.race.wall as f64 / self.race.tally.instructions as f64
    }
}

impl Price {
    /// Of every way: time of an instruction, changes of counts in an instruction, and counts that are off at the end.
    pub fn measures(&self) -> Vec<Measure> {
        let quantity = |id: &str, unit, what: Text, of: fn(&Run) -> f64| -> Vec<Measure> {
            let one = |(way, runs): (&Way, &Vec<Run>)| {
                let name = Text {
                    ko: format!("{}: {}", self.name(way).ko, what.ko),
                    en: format!("{}: {}", self.name(way).en, what.en),
                };
                Measure::new(format!("{id}.{}", way.id), name, unit, runs.iter().map(of).collect())
            };
            WAYS.iter().zip(&self.runs).map(one).collect()
        };
        let steps = |run: &Run| run.race.tally.counts as f64 / run.race.tally.instructions as f64;
        [
            quantity("instruction", Unit::Ns, text!("명령 하나", "one instruction"), Run::instruction),
            quantity(
                "count_changes",
                Unit::Times,
                text!("명령 하나의 카운트 변경", "changes of counts an instruction"),
                steps,
            ),
            quantity("miscounted", Unit::Count, text!("틀린 카운트", "counts off at the end"), |run| {
                run.race.miscounted as f64
            }),
        ]
        .concat()
    }

    fn name(&self, way: &Way) -> Text {
        let (name, threads) = ((way.name)(), self.threads_of(way));
        Text { ko: format!("{}, 스레드 {threads}개", name.ko), en: format!("{}, threads: {threads}", name.en) }
    }

    /// How many times as long an instruction takes one thread alone with atomic counts as under the lock.
    pub fn ratio(&self) -> f64 {
        self.instruction(1) / self.instruction(0)
    }

    fn instruction(&self, way: usize) -> f64 {
        let times: Vec<f64> = self.runs[way].iter().map(Run::instruction).collect();
        stats::median(&times).unwrap_or(f64::NAN)
    }

    fn threads_of(&self, way: &Way) -> usize {
        if way.together { self.threads } else { 1 }
    }

    /// The ways side by side.
    pub fn table(&self) -> Table {
        let rows = WAYS.iter().zip(&self.runs).enumerate().map(|(n, (way, runs))| {
            let counts = runs.iter().map(|run| run.race.tally.counts).max().unwrap_or(0);
            let atomic = if way.counting == Atomic { counts } else { 0 };
            let most = runs.iter().map(|run| run.race.miscounted).max().unwrap_or(0);
            let cores: Vec<f64> = runs.iter().filter_map(|run| run.cores).collect();
            let cores = stats::median(&cores).map_or("–".to_owned(), |cores| format!("{cores:.1}"));
            let times = clock::human(self.instruction(n));
            let cells = [self.threads_of(way).to_string(), cores, atomic.to_string(), times, most.to_string()];
            std::iter::once((way.name)()).chain(cells.map(Text::same)).collect()
        });
        Table {
            title: text!(
                "참조 카운트의 값: counter += one(), 명령 시간은 모든 스레드의 명령으로 나눈 것",
                "the price of reference counts: counter += one(), over the work of all threads"
            ),
            rows: rows.collect(),
            head: vec![
                text!("방식", "way"),
                text!("스레드", "threads"),
                text!("코어", "cores"),
                text!("원자적 연산", "atomic steps"),
                text!("명령 하나", "instruction"),
                text!("틀린 수", "counts off"),
            ],
        }
    }
}

/// "1.31×".
pub fn times(ratio: f64) -> String {
    show::value(ratio, Unit::Times)
}
