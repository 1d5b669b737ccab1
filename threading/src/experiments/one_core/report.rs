//! What was measured on one core and on all, and what that says of the article's claims.

use std::time::Duration;

use lab::claims::Verdict;
use lab::cores_used::{CoresUsed, PARALLEL};
use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::unit;
use lab::report::{Measure, Report, Table, Unit};
use lab::trace::{State, Trace};
use lab::{machine, stats, text};

/// Waiting needs no second core.
const CONCURRENCY: &str = "concurrency-one-core";
/// Computing at the same instant does.
const PARALLELISM: &str = "parallelism-needs-cores";

/// Both, by their ids in the ledger.
pub const CLAIMS: [&str; 2] = [CONCURRENCY, PARALLELISM];

/// Threads that computed, against the same work in sequence.
#[derive(Clone, Debug)]
pub struct Computed {
    /// Wall time of each round, in ns.
    pub sequence: Vec<f64>,
    /// The same of the threads.
    pub threads: Vec<f64>,
    /// How many cores the threads kept busy.
    pub used: CoresUsed,
    /// The threads of the last round.
    pub trace: Trace,
}

impl Computed {
    /// The ids end in `cores`: "one" or "all".
    pub fn measures(&self, cores: &str) -> Vec<Measure> {
        let Text { ko, en } = cores_name(cores);
        let ratios = self.sequence.iter().zip(&self.threads).map(|(sequence, threads)| sequence / threads).collect();
        let speed = text!("{ko}: 순차 실행 대비 속도", "{en}: speed against the sequence");
        let used = text!("{ko}: 쓴 코어 수(평균)", "{en}: cores kept busy");
        let used = self.used.cores.map(|n| Measure::new(format!("cores.threads.{cores}"), used, Unit::Times, vec![n]));
        used.into_iter().chain([Measure::new(format!("speed.threads.{cores}"), speed, Unit::Times, ratios)]).collect()
    }
}

fn cores_name(cores: &str) -> Text {
    if cores == "one" { text!("코어 하나", "one core") } else { text!("모든 코어", "all cores") }
}

/// Whether all threads waited at the same time on one core. `why_not`: why nothing was measured there.
pub fn waits_on_one_core(on: &str, waited: Option<&Trace>, why_not: &Text) -> Verdict {
    let Some(trace) = waited else {
        return Verdict::not_measured(CONCURRENCY, on, why_not.clone());
    };
    let (peak, threads) = (trace.peak_in_flight(&[State::WaitingForIo]), trace.lanes.len());
    let evidence = text!(
        "코어 하나에서 스레드 {threads}개 가운데 동시에 기다린 것 최대 {peak}개",
        "on one core up to {peak} of {threads} threads waited at once"
    );
    Verdict::seen(CONCURRENCY, on, peak == threads, evidence)
}

/// Whether the same work kept no more than one core busy on one core, and more than one where it had all of them.
pub fn needs_cores(on: &str, one: Option<f64>, all: CoresUsed, why_not: &Text) -> Verdict {
    let Some(one) = one else {
        return Verdict::not_measured(PARALLELISM, on, why_not.clone());
    };
    let verdict = all.parallel(PARALLELISM, on);
    let cores = all.cores.unwrap_or(f64::NAN);
    let evidence = text!(
        "평균 {one:.2}개의 코어를 씀; 모든 코어를 주면 {cores:.2}개",
        "{one:.2} cores busy on average; given all cores, {cores:.2}"
    );
    match verdict.outcome {
        // Bound to one core it cannot be more: then it was not bound.
        _ if one > PARALLEL => Verdict::seen(PARALLELISM, on, false, evidence),
        outcome => Verdict { outcome, evidence, ..verdict },
    }
}

/// The verdicts on CPython: its threads wait, its processes compute, as its threads have a GIL.
pub fn on_twin(on: &str, twin: &Report, foreign: Option<f64>) -> Vec<Verdict> {
    let why_not = text!("os.sched_setaffinity가 없습니다", "there is no os.sched_setaffinity");
    let waited = twin.traces.iter().find(|trace| trace.title.en == "one core, waiting");
    let median = |id: &str| twin.measure(id).map(Measure::median);
    let wall = twin.measure("wall.processes.all").map_or(0.0, |wall| wall.samples.iter().sum());
    let all = CoresUsed { cores: median("cores.processes.all"), wall, foreign };
    let processes = text!("{on}, 프로세스", "{on}, processes");
    let mut computed = needs_cores(on, median("cores.processes.one"), all, &why_not);
    computed.on = processes;
    vec![waits_on_one_core(on, waited, &why_not), computed]
}

/// A row for everybody who computed: threads in Rust; threads and processes in CPython.
pub fn table(report: &Report, pythons: &[Interpreter]) -> Table {
    let cell = |id: String| {
        report.measure(&id).map_or(Text::same("–"), |measure| Text::same(unit::value(measure.median(), measure.unit)))
    };
    let row = |name: Text, prefix: &str, who: &str| -> Vec<Text> {
        let cells = ["cores", "speed"]
            .into_iter()
            .flat_map(|what| ["one", "all"].into_iter().map(move |cores| format!("{prefix}{what}.{who}.{cores}")));
        [name].into_iter().chain(cells.map(cell)).collect()
    };
    let mut rows = vec![row(text!("Rust, 스레드", "Rust, threads"), "", "threads")];
    for python in pythons {
        let prefix = python.measure_id("");
        rows.push(row(text!("{python}, 스레드", "{python}, threads"), &prefix, "threads"));
        rows.push(row(text!("{python}, 프로세스", "{python}, processes"), &prefix, "processes"));
    }
    Table {
        title: text!(
            "계산할 때: 쓴 코어 수와, 순차 실행 대비 속도",
            "computing: cores kept busy, and speed against the sequence"
        ),
        head: vec![
            text!("계산하는 쪽", "who computes"),
            text!("코어 수, 하나에서", "busy, one core"),
            text!("모두에서", "all cores"),
            text!("속도, 하나에서", "speed, one core"),
            text!("모두에서", "all cores"),
        ],
        rows,
    }
}

pub fn note(threads: usize, iterations: u64, pause: Duration) -> Text {
    let (pause, cores) = (unit::duration(pause.as_nanos() as f64), machine::cores());
    text!(
        "스레드 {threads}개가 {pause}씩 기다리거나 글의 루프(count += i)를 {iterations}번씩 돕니다(파이썬에서는 그 20분의 1). '모든 코어'는 {cores}개입니다. 그림의 ·는 코어를 기다린 때입니다.",
        "{threads} threads wait {pause} each, or do {iterations} turns each of the article's loop (count += i; in Python a twentieth of it). 'All cores' are {cores}. A · in the drawing is waiting for a core."
    )
}

pub fn shows(report: &Report, threads: usize) -> Text {
    let of = |id: &str| report.measure(id).and_then(|measure| stats::median(&measure.samples));
    let all = of("speed.threads.all").unwrap_or(f64::NAN);
    let Some(one) = of("speed.threads.one") else {
        return text!(
            "모든 코어에서 스레드 {threads}개의 계산은 순차 실행의 {all:.2}배 속도입니다. 코어 하나에서는 측정하지 않았습니다.",
            "On all cores, {threads} threads that compute have {all:.2} times the speed of the sequence. Nothing was measured on one core."
        );
    };
    let peak = report.traces.last().map_or(0, |trace| trace.peak_in_flight(&[State::WaitingForIo]));
    let Text { ko, en } = match all > PARALLEL {
        true => text!("(병렬성)입니다.", " (parallelism)."),
        false => text!("입니다. 이번 실행에서는 모든 코어에서도 빨라지지 않았습니다.", ": no gain in this run."),
    };
    text!(
        "코어 하나에서도 스레드 {threads}개 가운데 {peak}개가 동시에 기다립니다(동시성). 순차 실행과 비교한 계산 속도는 코어 하나에서 {one:.2}배, 모든 코어에서 {all:.2}배{ko}",
        "On one core, {peak} of {threads} threads still wait at once (concurrency). Computing, against the sequence, has {one:.2} times the speed on one core and {all:.2} times on all cores{en}"
    )
}
