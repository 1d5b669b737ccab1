//! A long critical section whose threads ask again at once: which of them starve?
//!
//! A lock that is merely free after a release goes to the fastest thread, the one that already runs. parking_lot up to
//! 0.12 handed it over now and then ("eventual fairness"); 0.13 does not any more, though much of what is written still says so.
//!
//! Article: 뮤텍스(Mutex). Run: `cargo run -p mutex -- fairness`. Python twin: `python/fairness.py`.

use std::thread;
use std::time::Duration;

use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Measure, Report, Table, Unit};
use lab::trace::{Span, State, Trace};
use lab::{Result, clock, text, twin_script};

use crate::claims;
use crate::start_barrier::record_together;

pub mod locks;
use locks::{Contender, contenders};

/// How one lock treated the threads.
#[derive(Clone, Debug, PartialEq)]
pub struct Treatment {
    /// Turns of each thread that began in time, most first.
    pub turns: Vec<usize>,
    /// The longest wait, in ns.
    pub longest: u64,
    /// During each wait: how many turns of others began.
    pub passed_by: Vec<usize>,
}

/// The threads take turns for so long, each inside for `section`; asking again at once. Inside they sleep: no core is needed.
pub fn watch(
    contender: &Contender,
    threads: usize,
    lasting: Duration,
    section: Duration,
) -> Result<(Trace, Treatment)> {
    let names = (0..threads).map(|i| text!("스레드 {i}", "Thread {i}")).collect();
    let name = contender.name;
    let deadline = clock::now() + lasting.as_nanos() as u64;
    let (trace, _) = record_together(text!("Rust, {name}", "Rust, {name}"), names, |_, lane| {
        while clock::now() < deadline {
            lane.enter(State::WaitingForLock);
            (contender.around)(&mut || {
                lane.enter(State::Running);
                thread::sleep(section);
                lane.leave(); // before the lock is free: no two spans may overlap
            });
        }
    })?;
    let treatment = Treatment::of(&trace, deadline);
    Ok((trace, treatment))
}

impl Treatment {
    /// Reads a trace. Turns that began after the deadline went to threads that were still queued.
    pub fn of(trace: &Trace, deadline: u64) -> Treatment {
        let begins = |lane: usize| {
            let spans = trace.lanes[lane].spans.iter().filter(|span| span.state == State::Running);
            spans.map(|span| span.start).filter(|start| *start < deadline).collect::<Vec<u64>>()
        };
        let lanes: Vec<Vec<u64>> = (0..trace.lanes.len()).map(begins).collect();
        let (mut longest, mut passed_by) = (0, Vec::new());
        for (lane, waits) in trace.lanes.iter().enumerate() {
            for wait in waits.spans.iter().filter(|span| span.state == State::WaitingForLock) {
                longest = longest.max(wait.end - wait.start);
                let others = lanes.iter().enumerate().filter(|(other, _)| *other != lane);
                passed_by.push(others.map(|(_, begins)| during(wait, begins)).sum());
            }
        }
        let mut turns: Vec<usize> = lanes.iter().map(Vec::len).collect();
        turns.sort_unstable_by(|a, b| b.cmp(a));
        Treatment { turns, longest, passed_by }
    }

    /// Most turns over fewest; a thread without any counts as one.
    pub fn ratio(&self) -> f64 {
        let (most, fewest) = (self.turns.first().unwrap_or(&0), self.turns.last().unwrap_or(&0));
        *most as f64 / (*fewest).max(1) as f64
    }

    /// The share of waits during which some other thread had more than one turn: 0 in a queue.
    pub fn unfair(&self) -> f64 {
        let others = self.turns.len() - 1;
        let unfair = self.passed_by.iter().filter(|passed| **passed > others).count();
        unfair as f64 / self.passed_by.len().max(1) as f64
    }
}

fn during(wait: &Span, begins: &[u64]) -> usize {
    begins.iter().filter(|begin| wait.start < **begin && **begin < wait.end).count()
}

/// `cargo run -p mutex -- fairness`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let threads = options.threads(2..=64, 3);
    let about = text!("락마다 측정하는 시간(초)", "seconds of measuring each lock");
    let seconds = options.seconds("seconds", 0.001..=10.0, 0.25, about);
    let about = text!("임계 구역에 머무는 시간(초)", "seconds spent in the critical section");
    let section = options.seconds("section", 0.0001..=0.1, 0.002, about);
    let about = text!(
        "긴 임계 구역 뒤 곧바로 다시 잠그기: 기아(starvation)",
        "long sections, locked again at once: starvation"
    );
    Experiment::new("fairness", about, options, move |a| {
        run(a.get(threads), a.get(seconds), a.get(section), a.pythons())
    })
}

/// Runs every lock in turn and draws what fits a page.
pub fn run(threads: usize, lasting: Duration, section: Duration, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("mutex/fairness");
    let mut rows = Vec::new();
    for contender in contenders() {
        let (trace, treatment) = watch(&contender, threads, lasting, section)?;
        report.verdicts.push(claims::one_at_a_time(contender.name, &trace, &[State::Running]));
        if ["std", "unlock_fair"].contains(&contender.id) {
            report.traces.push(trace);
        }
        report.measures.extend(measures(&contender, &treatment));
        let most = treatment.passed_by.iter().max().copied().unwrap_or(0);
        rows.push(row(Text::same(contender.name), &treatment.turns, treatment.longest as f64, most));
    }
    report.shows = shows(&report);
    let args = [threads.to_string(), lasting.as_secs_f64().to_string(), section.as_secs_f64().to_string()];
    python::join(&mut report, pythons, twin_script!("fairness"), &args, &[], |_, _| Vec::new());
    rows.extend(pythons.iter().flat_map(|python| python_rows(&report, python)));
    report.tables.push(table(rows));
    report.measures_in_tables = true;
    report.notes.extend(notes(lasting, section));
    Ok(report)
}

fn measures(contender: &Contender, treatment: &Treatment) -> [Measure; 3] {
    let (id, name) = (contender.id, contender.name);
    let turns = treatment.turns.iter().map(|n| *n as f64).collect();
    let passed = treatment.passed_by.iter().map(|n| *n as f64).collect();
    [
        Measure::new(
            format!("turns.{id}"),
            text!("{name}: 스레드별 락 획득", "{name}: acquisitions of each thread"),
            Unit::Count,
            turns,
        ),
        Measure::new(
            format!("longest_wait.{id}"),
            text!("{name}: 최장 대기 시간", "{name}: longest wait"),
            Unit::Ns,
            vec![treatment.longest as f64],
        ),
        Measure::new(
            format!("passed_by.{id}"),
            text!("{name}: 한 번 대기하는 동안 다른 스레드의 획득", "{name}: acquisitions by others during a wait"),
            Unit::Count,
            passed,
        ),
    ]
}

fn row(name: Text, turns: &[usize], longest: f64, passed: usize) -> Vec<Text> {
    let turns = turns.iter().map(usize::to_string).collect::<Vec<_>>().join(" : ");
    vec![name, Text::same(turns), Text::same(unit::value(longest, Unit::Ns)), Text::same(passed.to_string())]
}

fn python_rows(report: &Report, python: &Interpreter) -> Vec<Vec<Text>> {
    let samples =
        |what: &str, id: &str| report.measure(&python.measure_id(&format!("{what}.{id}"))).map(|m| &m.samples);
    let one = |(id, code): &(&str, &str)| {
        let turns: Vec<usize> = samples("turns", id)?.iter().map(|n| *n as usize).collect();
        let (longest, passed) = (samples("longest_wait", id)?.first()?, samples("passed_by", id)?.first()?);
        Some(row(Text::same(format!("{python}, {code}")), &turns, *longest, *passed as usize))
    };
    [("lock", "Lock"), ("queue", "FIFO")].iter().filter_map(one).collect()
}

fn table(rows: Vec<Vec<Text>>) -> Table {
    Table {
        title: text!("락 획득의 분배", "how the acquisitions were shared"),
        head: vec![
            text!("락", "lock"),
            text!("스레드별 락 획득", "acquisitions of each thread"),
            text!("최장 대기 시간", "longest wait"),
            text!("그동안 다른 스레드의 획득(최대)", "by others meanwhile (most)"),
        ],
        rows,
    }
}

fn notes(lasting: Duration, section: Duration) -> Vec<Text> {
    let show = |d: Duration| unit::value(d.as_nanos() as f64, Unit::Ns);
    let (lasting, section) = (show(lasting), show(section));
    vec![
        text!(
            "락마다 {lasting} 동안, 모든 스레드가 임계 구역에 {section}씩 머물고 나오자마자 다시 락을 요청합니다. 대기열이 있는 락에서는 한 번 기다리는 동안 다른 스레드가 각각 한 번씩만 락을 획득합니다.",
            "For {lasting} with each lock, every thread stays in the critical section for {section} and requests the lock again as soon as it is out. With a queue, each of the others gets the lock only once during a wait."
        ),
        text!(
            "parking_lot은 0.12까지 약 0.5 ms마다 대기 중인 스레드에 락을 넘겼습니다. 0.13(2026년 10월)에서 이 동작이 없어졌습니다. 0.13의 문서는 기본 방식에서 대기 중인 스레드가 기아에 빠질 수 있다고 밝히고, 락을 넘기려면 `unlock_fair`와 `FairMutex`를 쓰도록 했습니다.",
            "Up to 0.12, parking_lot handed the lock to a waiting thread about every 0.5 ms. 0.13 (October 2026) removed that: its documentation says that waiting threads can starve by default, and that `unlock_fair` and `FairMutex` hand the lock over."
        ),
        text!(
            "공정성에는 비용이 듭니다. 락을 넘길 때마다 잠든 스레드를 깨우므로 임계 구역이 짧으면 처리량이 떨어집니다. 그 비용은 `contention`이 측정합니다. 여기의 0.12는 교착 탐지기를 켜고 빌드했으므로 속도를 비교하지 마십시오.",
            "Fairness has a cost: each hand-over wakes a sleeping thread, and throughput falls if sections are short; `contention` measures it. 0.12 is built with its deadlock detector here, so do not compare its speed."
        ),
    ]
}

fn shows(report: &Report) -> Text {
    let turns = |id: &str| {
        let measure = report.measure(&format!("turns.{id}"));
        let turns = measure.map_or(&[][..], |m| &m.samples).iter().map(|n| format!("{n:.0}")).collect::<Vec<_>>();
        turns.join(" : ")
    };
    let (std, old, new, fair) =
        (turns("std"), turns("parking_lot_012"), turns("parking_lot_013"), turns("unlock_fair"));
    text!(
        "같은 작업에서 스레드별 락 획득은 std {std}, parking_lot 0.12 {old}, 0.13 {new}, 0.13의 unlock_fair {fair}입니다.",
        "For the same work, the acquisitions were shared {std} with std, {old} with parking_lot 0.12, {new} with 0.13, and {fair} with 0.13's unlock_fair."
    )
}
