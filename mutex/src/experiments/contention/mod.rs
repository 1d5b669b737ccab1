//! One counter, more and more threads: the total throughput, and each thread's share of it.
//!
//! The critical section is as short as possible, so this is the cost of the lock itself. `counter` shows that these variants lose nothing;
//! here it is checked again, at every number of threads.
//!
//! Article: 뮤텍스(Mutex). Run: `cargo run --release -p mutex -- contention`. Python twin: `python/contention.py`.

use std::time::Duration;

use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::machine;
use lab::python::{self, Interpreter};
use lab::report::{Measure, Report, Table, Unit};
use lab::{Error, Result, clock, text, twin_script};

use crate::claims;
use crate::counter_variant::CounterVariant;
use crate::start_barrier::start_together;

pub mod variants;
use variants::variants;

/// Updates between two looks at the clock.
const CHUNK: u64 = 32;
const REPEATS: usize = 3;

/// The result of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// Updates of each thread.
    pub updates: Vec<u64>,
    /// Updates that are missing at the end.
    pub lost: u64,
    /// Wall time, in ns.
    pub wall: u64,
}

impl Load {
    /// Updates of all threads a second.
    pub fn rate(&self) -> f64 {
        self.updates.iter().sum::<u64>() as f64 / self.wall.max(1) as f64 * 1e9
    }

    /// Most over fewest; a thread without any counts as one.
    pub fn ratio(&self) -> f64 {
        let (most, fewest) = (self.updates.iter().max(), self.updates.iter().min());
        *most.unwrap_or(&0) as f64 / (*fewest.unwrap_or(&0)).max(1) as f64
    }
}

/// Lets so many threads add to the variant's counter for so long.
pub fn load(variant: &CounterVariant, threads: usize, lasting: Duration) -> Result<Load> {
    let start = clock::now();
    let updates = start_together(threads, |_| {
        let deadline = clock::now() + lasting.as_nanos() as u64;
        let mut updates = 0;
        while clock::now() < deadline {
            variant.add(CHUNK);
            updates += CHUNK;
        }
        updates
    })?;
    let wall = clock::now() - start;
    let made: u64 = updates.iter().sum();
    Ok(Load { updates, lost: made.abs_diff(variant.take()), wall })
}

/// Fails, by name, if a variant lost an update that it must protect.
pub fn check(variant: &CounterVariant, load: &Load) -> Result<()> {
    let (name, lost, threads) = (variant.name, load.lost, load.updates.len());
    if lost == 0 {
        return Ok(());
    }
    Err(Error::failed(text!(
        "{name}: 스레드 {threads}개에서 갱신 {lost}번이 맞지 않습니다. 있어서는 안 되는 일입니다.",
        "{name}: {lost} updates of {threads} threads are missing or too many, which is forbidden."
    )))
}

/// 1, 2, 4, … threads, and the number asked for.
pub fn steps(most: usize) -> Vec<usize> {
    let doubling = std::iter::successors(Some(1), |n| Some(n * 2)).take_while(|n| *n < most);
    doubling.chain([most]).collect()
}

/// `cargo run -p mutex -- contention`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let threads = options.threads(1..=64, 8);
    let about = text!("한 번에 재는 초", "seconds of each measurement");
    let seconds = options.seconds("seconds", 0.001..=10.0, 0.02, about);
    let about = text!("스레드 수에 따른 처리량과 몫", "throughput and shares, by the number of threads");
    Experiment::new("contention", about, options, move |a| run(a.get(threads), a.get(seconds), a.pythons()))
}

/// Every variant at every number of threads, several times in turn.
pub fn run(most: usize, lasting: Duration, pythons: &[Interpreter]) -> Result<Report> {
    let (variants, steps) = (variants(), steps(most));
    let mut loads = vec![vec![Vec::new(); steps.len()]; variants.len()];
    for _ in 0..REPEATS {
        for (step, threads) in steps.iter().enumerate() {
            for (variant, loads) in variants.iter().zip(&mut loads) {
                let load = load(variant, *threads, lasting)?;
                check(variant, &load)?;
                loads[step].push(load);
            }
        }
    }
    let mut report = Report::new("mutex/contention");
    for (variant, loads) in variants.iter().zip(&loads) {
        report.measures.extend(steps.iter().zip(loads).flat_map(|(n, loads)| measures(variant.name, *n, loads)));
        report.verdicts.push(verdict(variant, loads));
    }
    let list = steps.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
    let args = [list, lasting.as_secs_f64().to_string()];
    python::join(&mut report, pythons, twin_script!("contention"), &args, &[], |_, _| Vec::new());
    report.tables = tables(&report, &variants, &steps, pythons);
    report.measures_in_tables = true;
    report.notes.extend(notes(lasting));
    report.shows = shows(&report, most);
    Ok(report)
}

fn measures(name: &str, threads: usize, loads: &[Load]) -> [Measure; 2] {
    let samples = |of: fn(&Load) -> f64| loads.iter().map(of).collect::<Vec<_>>();
    let rate = text!("{name}, 스레드 {threads}개: 초당 갱신", "{name}, {threads} threads: updates a second");
    let ratio = text!(
        "{name}, 스레드 {threads}개: 가장 많은 몫 대 가장 적은 몫",
        "{name}, {threads} threads: largest share to smallest"
    );
    [
        Measure::new(format!("rate.{name}.{threads}"), rate, Unit::Count, samples(Load::rate)),
        Measure::new(format!("ratio.{name}.{threads}"), ratio, Unit::Times, samples(Load::ratio)),
    ]
}

fn verdict(variant: &CounterVariant, loads: &[Vec<Load>]) -> Verdict {
    let all = loads.iter().flatten();
    let (made, lost) =
        all.fold((0, 0), |(made, lost), load| (made + load.updates.iter().sum::<u64>(), lost + load.lost));
    let evidence = text!("갱신 {made}번 가운데 {lost}번을 잃음", "{lost} of {made} updates lost");
    Verdict::seen(claims::KEPT, format!("Rust, {}", variant.on), lost == 0, evidence)
}

/// Millions of updates a second, and shares; a row a variant, a column a number of threads.
fn tables(report: &Report, variants: &[CounterVariant], steps: &[usize], pythons: &[Interpreter]) -> Vec<Table> {
    let head: Vec<Text> = [text!("방식", "variant")]
        .into_iter()
        .chain(
            steps
                .iter()
                .map(|n| if *n == 1 { text!("스레드 1", "1 thread") } else { text!("스레드 {n}", "{n} threads") }),
        )
        .collect();
    let rows = |what: &str, show: fn(f64) -> String| -> Vec<Vec<Text>> {
        let cell = |m: Option<&Measure>| Text::same(m.map_or_else(|| "–".to_owned(), |m| show(m.median())));
        let ours = variants.iter().map(|variant| {
            let cells = steps.iter().map(|n| cell(report.measure(&format!("{what}.{}.{n}", variant.name))));
            [Text::same(variant.name)].into_iter().chain(cells).collect()
        });
        let theirs = pythons.iter().map(|python| {
            let cells = steps.iter().map(|n| cell(report.measure(&python.measure_id(&format!("{what}.lock.{n}")))));
            [Text::same(format!("{python}, with lock"))].into_iter().chain(cells).collect()
        });
        ours.chain(theirs).collect()
    };
    vec![
        Table {
            title: text!("모두 합쳐 초당 갱신(백만 번)", "updates a second, all threads together (millions)"),
            head: head.clone(),
            rows: rows("rate", |rate| format!("{:.2}", rate / 1e6)),
        },
        Table {
            title: text!(
                "가장 많이 한 스레드와 가장 적게 한 스레드의 비",
                "the thread that did most over the one that did least"
            ),
            head,
            rows: rows("ratio", |ratio| format!("{ratio:.1}")),
        },
    ]
}

fn notes(lasting: Duration) -> Vec<Text> {
    let (ms, cores) = (lasting.as_millis(), machine::cores());
    let mut notes = vec![
        text!(
            "칸마다 {ms} ms씩 {REPEATS}번 번갈아 잰 중앙값입니다. 이 프로세스가 쓸 수 있는 코어는 {cores}개입니다. 스레드가 코어보다 많으면, 줄을 세우는 락은 다음 차례가 코어에 없을 때 모두가 그 스레드를 기다립니다.",
            "Each cell is the median of {REPEATS} interleaved runs of {ms} ms. This process may use {cores} cores. With more threads than cores, a lock with a queue makes all wait for the next one while it is not on a core."
        ),
        text!(
            "스레드마다 따로 세는 카운터는 더할 때 아무것도 나누지 않고, 읽을 때 모두 더합니다. 경합은 빠른 락이 아니라 나누지 않음으로 없어집니다.",
            "A counter for each thread shares nothing when adding, and sums up when read. Contention goes away by sharing less, not by a quicker lock."
        ),
    ];
    if cfg!(debug_assertions) {
        notes.push(text!(
            "디버그 빌드입니다. 속도는 `cargo run --release`로 비교하십시오.",
            "This is a debug build. Compare speeds with `cargo run --release`."
        ));
    }
    notes
}

fn shows(report: &Report, most: usize) -> Text {
    let rate = |name: &str, threads: usize| {
        report.measure(&format!("rate.{name}.{threads}")).map_or(f64::NAN, Measure::median)
    };
    let millions = |rate: f64| format!("{:.1}", rate / 1e6);
    let (one, all) = (millions(rate("std_mutex", 1)), millions(rate("std_mutex", most)));
    let sharded = millions(rate("sharded", most));
    text!(
        "std::sync::Mutex는 스레드 하나로 초당 {one}백만 번, {most}개로 모두 합쳐 {all}백만 번 더했습니다. 나누지 않는 카운터는 {most}개로 {sharded}백만 번입니다.",
        "std::sync::Mutex made {one} million updates a second with one thread and {all} million with {most} together; a counter that is not shared made {sharded} million."
    )
}
