//! The same CPU-bound work in sequence, in threads and in processes; and what a process costs.
//!
//! Article: 멀티프로세싱, 특징. Run: `cargo run -p multiprocessing -- cpu`. Python twin: `python/cpu.py`.

pub mod process_cost;
pub mod techniques;

use lab::cli::{Experiment, Options};
use lab::clock;
use lab::cores_used::{CoresUsed, PARALLEL};
use lab::lang::Text;
use lab::machine::Watch;
use lab::python::{self, Interpreter};
use lab::report::{Front, Measure, Report, Unit};
use lab::trace::Trace;
use lab::{Error, Result, machine, text, twin_script};

use crate::questions;
use crate::work::{self, CountResult, MAX_ITERATIONS};

const PROCESSES: &str = "processes-parallel";
const THREADS: &str = "no-gil-threads-parallel";
const GIL_THREADS: &str = "threads-cpu-no-gain";
/// The iterations of all workers and rounds that CPython does in a few seconds.
const TWIN_ITERATIONS: u64 = 12_000_000;

/// A technique and the results of its rounds.
struct Technique {
    id: &'static str,
    name: Text,
    lane: fn(usize) -> Text,
    run: fn(usize, u64) -> Result<Vec<CountResult>>,
    /// Wall time of each round, in ns.
    walls: Vec<f64>,
    /// The trace of the fastest round, which other programs disturbed least.
    best: Trace,
}

impl Technique {
    fn new(
        id: &'static str,
        name: Text,
        lane: fn(usize) -> Text,
        run: fn(usize, u64) -> Result<Vec<CountResult>>,
    ) -> Technique {
        Technique { id, name, lane, run, walls: Vec::new(), best: Trace::default() }
    }

    fn round(&mut self, workers: usize, iterations: u64) -> Result<()> {
        let start = clock::now();
        let done = (self.run)(workers, iterations)?;
        let wall = clock::now().saturating_sub(start) as f64;
        if done.len() != workers || done.iter().any(|d| d.sum != work::expected(iterations)) {
            let name = &self.name;
            return Err(Error::failed(text!("{name}: 합이 틀렸습니다.", "{name}: a sum is wrong.", name = name)));
        }
        if self.walls.iter().all(|other| wall < *other) {
            let lanes = done.iter().enumerate().map(|(n, d)| d.lane((self.lane)(n)));
            self.best = Trace::new(self.name.clone(), lanes.collect());
        }
        self.walls.push(wall);
        Ok(())
    }
}

fn all() -> [Technique; 3] {
    let rust = |ko: &str, en: &str| Text { ko: format!("Rust, {ko}"), en: format!("Rust, {en}") };
    [
        Technique::new(
            "sequence",
            rust("순차 실행", "in sequence"),
            |n| text!("작업 {n}", "Task {n}"),
            techniques::sequence,
        ),
        Technique::new(
            "threads",
            rust("std::thread", "std::thread"),
            |n| text!("스레드 {n}", "Thread {n}"),
            techniques::threads,
        ),
        Technique::new(
            "processes",
            rust("std::process", "std::process"),
            |n| text!("프로세스 {n}", "Process {n}"),
            techniques::processes,
        ),
    ]
}

pub fn command() -> Experiment {
    let mut options = Options::new();
    let workers = options.size(
        "workers",
        1..=64,
        4,
        text!("작업을 나눌 스레드나 프로세스의 수", "threads or processes that share the work"),
    );
    let iterations = options.count(
        "iterations",
        1..=MAX_ITERATIONS,
        100_000_000,
        text!("작업 하나의 덧셈 횟수", "additions in one task"),
    );
    let rounds = options.rounds(3);
    Experiment::new(
        "cpu",
        text!(
            "같은 계산의 순차 실행, 스레드, 프로세스; 시작과 통신의 비용",
            "the same work in sequence, threads, processes, and their costs"
        ),
        options,
        move |a| run(a.get(workers), a.get(iterations), a.get(rounds), a.pythons()),
    )
    .asks(|_| questions::for_cpu())
}

/// Does the work by each technique in turn, `rounds` times; then measures the cost of starting and of messages.
pub fn run(workers: usize, iterations: u64, rounds: usize, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("multiprocessing/cpu");
    let watch = Watch::start();
    let mut techniques = all();
    for _ in 0..rounds {
        techniques.iter_mut().try_for_each(|technique| technique.round(workers, iterations))?;
    }
    let foreign = watch.foreign();
    report.measures = speeds(&techniques);
    report.measures.extend(process_cost::measure()?);
    report.verdicts.push(CoresUsed::of_trace(&techniques[2].best, foreign).parallel(PROCESSES, "Rust"));
    report.verdicts.push(CoresUsed::of_trace(&techniques[1].best, foreign).parallel(THREADS, "Rust"));
    report.verdicts.push(process_cost::judge("Rust", &report));
    report.traces.extend(techniques.map(|technique| technique.best));
    report.notes = notes(workers, iterations, foreign);
    report.front = vec![Front::Trace(1), Front::Trace(2)];
    let mut each = vec![("Rust".to_owned(), work::per_addition(&report.traces[0], workers as u64 * iterations))];
    each.extend(join_twin(&mut report, workers, iterations, rounds, pythons));
    report.shows = shows(&report, &work::costs(&each));
    process_cost::join_twin(&mut report, pythons);
    Ok(report)
}

/// Wall time of each technique, and its speed-up against the sequence of the same round.
fn speeds(techniques: &[Technique; 3]) -> Vec<Measure> {
    let wall = |technique: &Technique| {
        let name = Text {
            ko: format!("{}: 걸린 시간", technique.name.ko),
            en: format!("{}: wall time", technique.name.en),
        };
        Measure::new(format!("wall.{}", technique.id), name, Unit::Ns, technique.walls.clone())
    };
    let gain = |technique: &Technique| {
        let name = Text {
            ko: format!("{}: 속도 향상", technique.name.ko),
            en: format!("{}: speed-up", technique.name.en),
        };
        let ratios = techniques[0].walls.iter().zip(&technique.walls).map(|(sequence, wall)| sequence / wall);
        Measure::new(format!("speedup.{}", technique.id), name, Unit::Times, ratios.collect())
    };
    techniques.iter().map(wall).chain(techniques[1..].iter().map(gain)).collect()
}

fn notes(workers: usize, iterations: u64, foreign: Option<f64>) -> Vec<Text> {
    let sum = work::expected(iterations);
    let mut notes = vec![
        text!(
            "작업 하나는 0부터 덧셈 {iterations}번이고, 작업은 {workers}개입니다. 작업마다 합은 세 방법 모두 {sum}입니다.",
            "One task: {iterations} additions, counting up from 0; tasks: {workers}. Each task has the sum {sum} with all three techniques."
        ),
        text!(
            "막대는 코어에서 계산하던 시간이고, 코어나 GIL을 기다린 시간은 비어 있습니다. 가장 빠른 회차를 그렸습니다.",
            "A bar is time on a core; waiting for a core or the GIL is blank. The fastest round is drawn."
        ),
    ];
    notes.push(machine::others_used(foreign));
    notes
}

fn shows(report: &Report, each: &Text) -> Text {
    let gain = |who: &str| report.measure(&format!("speedup.{who}")).map_or(f64::NAN, Measure::median);
    let (threads, processes) = (gain("threads"), gain("processes"));
    let (process, thread) =
        (process_cost::median(report, "start.process"), process_cost::median(report, "start.thread"));
    let parallel = threads.min(processes) > PARALLEL;
    let conclusion = match parallel {
        true => text!("Rust에는 GIL이 없으므로 둘 다 병렬입니다.", "Rust has no GIL, so both are parallel."),
        false => text!("이번 실행에서는 병렬로 빨라지지 않았습니다.", "This time there was no parallel speed-up."),
    };
    let Text { ko, en } = conclusion;
    let Text { ko: each_ko, en: each_en } = each;
    text!(
        "순차 실행 대비 속도는 스레드 {threads:.2}배, 프로세스 {processes:.2}배입니다. {ko} 시작에서 끝까지 프로세스는 {process}, 스레드는 {thread}가 걸립니다. {each_ko}",
        "Compared with the sequence, threads had {threads:.2} times the speed and processes {processes:.2} times. {en} From start to end a process takes {process}, a thread {thread}. {each_en}"
    )
}

/// Joins the twin, and returns the cost of one addition on each interpreter.
fn join_twin(
    report: &mut Report,
    workers: usize,
    iterations: u64,
    rounds: usize,
    pythons: &[Interpreter],
) -> Vec<(String, f64)> {
    let mut each = Vec::new();
    let rounds = rounds.min(3);
    let twins = iterations.min(TWIN_ITERATIONS / (workers * rounds) as u64);
    let args = [workers.to_string(), twins.to_string(), rounds.to_string()];
    let claims = [PROCESSES, GIL_THREADS];
    let watch = Watch::start();
    python::join(report, pythons, twin_script!("cpu"), &args, &claims, |python, twin| {
        let on = python.to_string();
        let cores = |title: &str| {
            let trace = twin.traces.iter().find(|t| t.title.en == title)?;
            Some(CoresUsed::of_trace(trace, watch.foreign()))
        };
        let threads = cores("threading.Thread").map(|used| used.threads(python.gil, &on));
        let processes = cores("multiprocessing.Process").map(|used| used.parallel(PROCESSES, &on));
        let alone = twin.traces.iter().find(|t| t.title.en == "in sequence");
        each.extend(alone.map(|trace| (python.to_string(), work::per_addition(trace, workers as u64 * twins))));
        processes.into_iter().chain(threads).collect()
    });
    python::name_part(report, pythons, iterations, twins);
    each
}
