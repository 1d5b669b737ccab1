//! The timeline of the article's listing, drawn from the lines that it printed.
//!
//! Between its two lines a process may compute or wait for a core: five lanes overlap on one core too. So the verdict uses the CPU
//! time that the processes took between their lines. (In `cpu` the lanes show only time on a core.)

use lab::cli::{Experiment, Options};
use lab::cores_used::CoresUsed;
use lab::lang::Text;
use lab::machine::Watch;
use lab::python::{self, Interpreter};
use lab::report::{Measure, Report, unit};
use lab::trace::{State, Trace};
use lab::{Result, say, text, twin_script};

use crate::article;
use crate::exit_status;
use crate::questions;
use crate::work::{self, MAX_ITERATIONS};

const CLAIM: &str = "processes-parallel";
/// Processes of the listing.
const PROCESSES: f64 = 5.0;
/// Enough that starting a process takes less time than its work: else the lanes are a staircase. The article counts to 10 million,
/// which takes optimized Rust some milliseconds.
const ITERATIONS: u64 = 400_000_000;
/// The twin does no more iterations than this, so that it ends in seconds.
const TWIN_ITERATIONS: u64 = 10_000_000;

pub fn command() -> Experiment {
    let mut options = Options::new();
    let iterations = options.count(
        "iterations",
        1..=MAX_ITERATIONS,
        ITERATIONS,
        text!("작업 하나의 덧셈 횟수", "additions in one task"),
    );
    Experiment::new(
        "article",
        text!("글의 예시: 계산하는 프로세스 다섯", "the article's listing: five processes that compute"),
        options,
        move |a| run(a.get(iterations), a.pythons()),
    )
    .asks(|_| questions::all())
}

/// Runs the listing, here and on CPython, and judges whether its processes computed in parallel.
pub fn run(iterations: u64, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("multiprocessing/article");
    let watch = Watch::start();
    let ends = article::listing(iterations);
    let lines = say::take(); // also if a process died: the others' lines are shown first
    exit_status::require_success(ends)?;
    report.lines = say::words(&lines);
    let trace = Trace::new(text!("Rust, std::process", "Rust, std::process"), say::lanes(&lines, State::Running));
    let cpu = say::cpu_of_children(&lines).map(|cpu| cpu as f64);
    report.verdicts.push(cores(&trace, cpu, watch.foreign()).parallel(CLAIM, "Rust"));
    let (work, all) = (unit::duration(cpu.unwrap_or(f64::NAN)), unit::duration(trace.duration() as f64));
    let mut each: Vec<_> =
        cpu.map(|cpu| ("Rust".to_owned(), cpu / (PROCESSES * iterations as f64))).into_iter().collect();
    report.traces.push(trace);

    let watch = Watch::start();
    let twin_iterations = iterations.min(TWIN_ITERATIONS);
    python::join(
        &mut report,
        pythons,
        twin_script!("article"),
        &[twin_iterations.to_string()],
        &[CLAIM],
        |python, twin| {
            let cpu: Option<f64> = twin.measure("cpu").map(|cpu: &Measure| cpu.samples.iter().sum());
            each.extend(cpu.map(|cpu| (python.to_string(), cpu / (PROCESSES * twin_iterations as f64))));
            let verdict = |trace| cores(trace, cpu, watch.foreign()).parallel(CLAIM, python.to_string());
            twin.traces.iter().map(verdict).collect()
        },
    );
    python::name_part(&mut report, pythons, iterations, twin_iterations);
    let Text { ko: each_ko, en: each_en } = work::costs(&each);
    report.notes.push(text!(
        "프로세스 하나의 작업은 덧셈 {iterations}번입니다(CPython은 {twin_iterations}번). 막대는 '시작'부터 '완료'까지이며, 코어를 기다린 시간도 포함합니다.",
        "The work of one process: {iterations} additions (CPython: {twin_iterations}). A bar goes from 'started' to 'done' and includes time spent waiting for a core."
    ));
    report.shows = text!(
        "운영체제의 프로세스 다섯이 각각 계산했습니다. CPU 시간을 합치면 {work}인 작업이 {all} 만에 끝났습니다. {each_ko}",
        "Five operating-system processes computed, each on its own. Together they used {work} of CPU time and finished in {all}. {each_en}"
    );
    Ok(report)
}

/// `cpu`: the CPU time of all processes together, in ns.
fn cores(trace: &Trace, cpu: Option<f64>, foreign: Option<f64>) -> CoresUsed {
    let wall = trace.duration().max(1) as f64;
    CoresUsed { cores: cpu.map(|cpu| cpu / wall), wall, foreign }
}
