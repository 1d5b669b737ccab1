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
        "{name}: 스레드 {threads}개에서 갱신 {lost}번이 맞지 않습니다. 나와서는 안 되는 결과입니다.",
        "{name}: {lost} updates of {threads} threads are missing or too many, which must not happen."
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
    let about = text!("측정 한 번의 시간(초)", "seconds of each measurement");
    let seconds = options.seconds("seconds", 0.001..=10.0, 0.02, about);
    let about = text!("스레드 수에 따른 처리량과 스레드별 몫", "throughput and shares, by the number of threads");
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
    let rate = text!("{name}, 스레드 {threads}개: 초당 갱신", "{name}, threads {threads}: updates a second");
    let ratio = text!(
        "{name}, 스레드 {threads}개: 스레드별 갱신 횟수의 최대/최소",
        "{name}, threads {threads}: most updates of a thread / fewest"
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
    let evidence = text!("갱신 {made}번 가운데 {lost}번 유실", "{lost} of {made} updates lost");
    Verdict::seen(claims::KEPT, format!("Rust, {}", variant.on), lost == 0, evidence)
}

/// Millions of updates a second, and shares; a row a variant, a column a number of threads.
fn tables(report: &Report, variants: &[CounterVariant], steps: &[usize], pythons: &[Interpreter]) -> Vec<Table> {
    let head: Vec<Text> =
        [text!("방식", "variant")]
            .into_iter()
            .chain(steps.iter().map(|n| {
                if *n == 1 { text!("스레드 1개", "1 thread") } else { text!("스레드 {n}개", "{n} threads") }
            }))
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
            title: text!(
                "초당 갱신, 모든 스레드의 합(단위: 백만 번)",
                "updates a second, all threads together (millions)"
            ),
            head: head.clone(),
            rows: rows("rate", |rate| format!("{:.2}", rate / 1e6)),
        },
        Table {
            title: text!(
                "가장 많이 갱신한 스레드와 가장 적게 갱신한 스레드의 비율",
                "most updates of a thread / fewest updates of a thread"
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
            "각 칸은 {ms} ms씩 {REPEATS}번 번갈아 측정한 값의 중앙값입니다. 이 프로세스가 쓸 수 있는 코어는 {cores}개입니다. 스레드가 코어보다 많을 때 대기열이 있는 락에서는, 다음 차례인 스레드가 코어에서 실행 중이 아니면 모두가 그 스레드를 기다립니다.",
            "Each cell is the median of {REPEATS} interleaved runs of {ms} ms. Cores that this process may use: {cores}. With more threads than cores, a lock with a queue makes all threads wait for the next one in the queue, even while that one is not running."
        ),
        text!(
            "스레드별로 분리한 카운터는 더할 때 아무것도 공유하지 않고, 읽을 때 모두 합산합니다. 경합은 더 빠른 락이 아니라 공유를 줄여서 없앱니다.",
            "A counter for each thread shares nothing when adding, and is summed up when read. Contention goes away by sharing less, not by a faster lock."
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
    let [one, all, sharded] = [rate("std_mutex", 1), rate("std_mutex", most), rate("sharded", most)];
    let [ko_one, ko_all, ko_sharded] = [one, all, sharded].map(in_korean);
    let [one, all, sharded] = [one, all, sharded].map(|rate| format!("{:.1}", rate / 1e6));
    Text {
        ko: format!(
            "std::sync::Mutex는 스레드 하나로 초당 {ko_one} 번, 스레드 {most}개로 모두 합쳐 초당 {ko_all} 번 더했습니다. 스레드별로 분리한 카운터는 스레드 {most}개로 초당 {ko_sharded} 번 더했습니다."
        ),
        en: format!(
            "std::sync::Mutex made {one} million updates a second with one thread and {all} million in all with {most}; a counter split by thread made {sharded} million with {most}."
        ),
    }
}

/// A rate as Korean reads it, in ten thousands: "1억 2,340만".
fn in_korean(rate: f64) -> String {
    let all = (rate / 1e5).round() as u64 * 10;
    let (hundred_millions, rest) = (all / 10_000, all % 10_000);
    let rest = if rest < 1000 { rest.to_string() } else { format!("{},{:03}", rest / 1000, rest % 1000) };
    match hundred_millions {
        0 => format!("{rest}만"),
        n if rest == "0" => format!("{n}억"),
        n => format!("{n}억 {rest}만"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn korean_counts_in_ten_thousands() {
        let read = [940_000.0, 48_300_000.0, 100_000_000.0, 123_400_000.0].map(in_korean);
        assert_eq!(read, ["90만", "4,830만", "1억", "1억 2,340만"]);
    }
}
