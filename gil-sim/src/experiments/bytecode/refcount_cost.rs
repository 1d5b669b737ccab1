//! The cost of reference counts without a lock, where each change must be atomic.

use std::time::Duration;

use lab::cores_used::CoresUsed;
use lab::lang::Text;
use lab::report::unit;
use lab::report::{Measure, Table, Unit};
use lab::{Result, stats, text};

use super::race::{Race, race};
use crate::vm::code::Program;
use crate::vm::heap::Counting::{self, Atomic, Plain};
use crate::vm::programs;
use crate::vm::version::Version;

/// How reference counts are kept right, or not, and by how many threads.
struct Setting {
    id: &'static str,
    version: Version,
    counting: Counting,
    /// Whether all threads run, or one alone.
    together: bool,
}

/// The settings. The last one is broken: it shows what the lock and the atomic operations are for.
const SETTINGS: [Setting; 6] = [
    Setting { id: "lock.alone", version: Version::Py313, counting: Plain, together: false },
    Setting { id: "plain.alone", version: Version::Free, counting: Plain, together: false },
    Setting { id: "atomic.alone", version: Version::Free, counting: Atomic, together: false },
    Setting { id: "lock.together", version: Version::Py313, counting: Plain, together: true },
    Setting { id: "atomic.together", version: Version::Free, counting: Atomic, together: true },
    Setting { id: "plain.together", version: Version::Free, counting: Plain, together: true },
];

/// The two that tell the price of an atomic change: one thread, no lock, and nothing else differs. A thread under a lock also asks
/// the lock at every look, which in our interpreter costs more than in CPython.
pub const PRICED: (usize, usize) = (1, 2);

/// Runs of each setting, interleaved; of those with one thread more, because a price is told from them.
const REPEATS: usize = 3;
const PAIRS: usize = 9;

/// One run of one setting.
struct Run {
    race: Race,
    /// Cores kept busy. On a busy machine fewer than the threads.
    cores: Option<f64>,
    /// CPU time, in ns: of one thread alone the time that others take away is not in it.
    cpu: f64,
}

/// What one program took in each of `SETTINGS`.
pub struct RefcountCost {
    id: &'static str,
    source: &'static str,
    runs: Vec<Vec<Run>>,
    threads: usize,
}

/// Runs two programs in every setting: one whose threads share their objects, and one whose threads share almost
/// nothing.
pub fn all(threads: usize, iterations: u64, interval: Duration) -> Result<Vec<RefcountCost>> {
    let programs = [("shared", programs::call()), ("own", programs::article())];
    programs.iter().map(|(id, program)| run(id, program, threads, iterations, interval)).collect()
}

fn run(
    id: &'static str,
    program: &Program,
    threads: usize,
    iterations: u64,
    interval: Duration,
) -> Result<RefcountCost> {
    let mut runs: Vec<Vec<Run>> = SETTINGS.iter().map(|_| Vec::new()).collect();
    for round in 0..PAIRS {
        for (setting, runs) in SETTINGS.iter().zip(&mut runs).filter(|(s, _)| !s.together || round < REPEATS) {
            let threads = if setting.together { threads } else { 1 };
            let (race, used) =
                CoresUsed::during(|| race(program, setting.version, setting.counting, threads, iterations, interval));
            let race = race?;
            let cpu = used.cores.map_or(race.wall as f64, |cores| cores * used.wall);
            runs.push(Run { race, cores: used.cores, cpu });
        }
    }
    Ok(RefcountCost { id, source: program.source, runs, threads })
}

impl Run {
    /// Time of an instruction: that of the whole run, divided by the instructions of all threads.
    fn instruction(&self) -> f64 {
        self.race.wall as f64 / self.race.tally.instructions as f64
    }
}

impl Setting {
    fn lock(&self) -> &'static str {
        if self.version == Version::Free { "–" } else { self.version.name() }
    }

    fn counts(&self) -> Text {
        match self.counting {
            Plain => text!("일반", "plain"),
            Atomic => text!("원자적", "atomic"),
        }
    }
}

impl RefcountCost {
    /// Of every setting: time of an instruction, changes of counts in an instruction, and counts that are off at the end.
    pub fn measures(&self) -> Vec<Measure> {
        let quantity = |what: &str, name: Text, unit: Unit, of: fn(&Run) -> f64| -> Vec<Measure> {
            let one = |(setting, runs): (&Setting, &Vec<Run>)| {
                let id = format!("{what}.{}.{}", self.id, setting.id);
                Measure::new(id, self.name(setting, &name), unit, runs.iter().map(of).collect())
            };
            SETTINGS.iter().zip(&self.runs).map(one).collect()
        };
        let changes = text!("명령당 카운트 변경", "count changes per instruction");
        [
            quantity("instruction", text!("명령당 시간", "time per instruction"), Unit::Ns, Run::instruction),
            quantity("count_changes", changes, Unit::Times, |run| {
                run.race.tally.counts as f64 / run.race.tally.instructions as f64
            }),
            quantity("miscounted", text!("틀린 카운트", "wrong counts at the end"), Unit::Count, |run| {
                run.race.miscounted as f64
            }),
        ]
        .concat()
    }

    fn name(&self, setting: &Setting, what: &Text) -> Text {
        let (source, lock, threads, counts) = (self.source, setting.lock(), self.threads_of(setting), setting.counts());
        Text {
            ko: format!("{source}, 락 {lock}, 카운트 {}, 스레드 {threads}개: {}", counts.ko, what.ko),
            en: format!("{source}, lock {lock}, {} counts, threads {threads}: {}", counts.en, what.en),
        }
    }

    /// How many times as long an instruction takes one thread alone with atomic counts as with plain ones; `None` if the runs do
    /// not tell.
    pub fn price(&self) -> Option<f64> {
        let (plain, atomic) = (&self.runs[PRICED.0], &self.runs[PRICED.1]);
        dearer(&plain.iter().zip(atomic).map(|(plain, atomic)| atomic.cpu / plain.cpu).collect::<Vec<_>>())
    }

    fn instruction(&self, setting: usize) -> f64 {
        let times: Vec<f64> = self.runs[setting].iter().map(Run::instruction).collect();
        stats::median(&times).unwrap_or(f64::NAN)
    }

    fn threads_of(&self, setting: &Setting) -> usize {
        if setting.together { self.threads } else { 1 }
    }

    /// The ways side by side.
    pub fn table(&self) -> Table {
        let source = self.source;
        Table {
            title: text!(
                "{source}: 참조 카운트의 비용(명령당 시간 = 전체 시간 / 모든 스레드의 명령 수)",
                "{source}: the cost of reference counts (time / instructions of all threads)"
            ),
            rows: (0..SETTINGS.len()).map(|setting| self.row(setting)).collect(),
            head: vec![
                text!("락", "lock"),
                text!("카운트", "counts"),
                text!("스레드", "threads"),
                text!("코어", "cores"),
                text!("원자적 연산", "atomic operations"),
                text!("명령당 시간", "per instruction"),
                text!("틀린 카운트", "wrong counts"),
            ],
        }
    }

    fn row(&self, n: usize) -> Vec<Text> {
        let (setting, runs) = (&SETTINGS[n], &self.runs[n]);
        let changes = runs.iter().map(|run| run.race.tally.counts).max().unwrap_or(0);
        let atomic = if setting.counting == Atomic { changes } else { 0 };
        let most = runs.iter().map(|run| run.race.miscounted).max().unwrap_or(0);
        let cores: Vec<f64> = runs.iter().filter_map(|run| run.cores).collect();
        let cores = stats::median(&cores).map_or("–".to_owned(), |cores| format!("{cores:.1}"));
        let time = unit::duration(self.instruction(n));
        let cells = [self.threads_of(setting).to_string(), cores, atomic.to_string(), time, most.to_string()];
        [Text::same(setting.lock()), setting.counts()].into_iter().chain(cells.map(Text::same)).collect()
    }
}

/// The median of the ratios of pairs, if all pairs but one at the most agree that the second costs more. An atomic change is never
/// cheaper than a plain one, so a ratio below 1 speaks of the machine or of a build without the optimizer, and is no price.
pub fn dearer(ratios: &[f64]) -> Option<f64> {
    let against = ratios.iter().filter(|ratio| **ratio <= 1.0).count();
    stats::median(ratios).filter(|_| ratios.len() >= PAIRS && against <= 1)
}

/// "1.31×".
pub fn times(ratio: f64) -> String {
    unit::value(ratio, Unit::Times)
}
