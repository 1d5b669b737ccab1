//! The article's five tasks on a pool of two workers or more. A lane is a worker.
//!
//! Article: 멀티프로세싱, 코드 예시. Run: `cargo run -p multiprocessing -- pool`. Python twin: `python/pool.py`.

use std::time::Instant;

use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::cores_used::CoresUsed;
use lab::lang::Text;
use lab::machine::Watch;
use lab::python::{self, Interpreter};
use lab::report::{Measure, Report, Unit, unit};
use lab::trace::{Lane, Trace};
use lab::{Result, text, twin_script};

use crate::pool_errors::{self, Bilingual, task_error};
use crate::work::{self, COUNT, MAX_ITERATIONS};
use process_pool::Pool;

const CLAIM: &str = "processes-parallel";
const TASKS: u64 = 5;
/// The twin does no more iterations than this, so that it ends in seconds.
const TWIN_ITERATIONS: u64 = 10_000_000;

pub fn command() -> Experiment {
    let mut options = Options::new();
    let workers = options.size("workers", 1..=64, 2, text!("워커 수", "workers"));
    let iterations = options.count(
        "iterations",
        1..=MAX_ITERATIONS,
        200_000_000,
        text!("작업 하나의 덧셈 횟수", "additions in one task"),
    );
    Experiment::new(
        "pool",
        text!("같은 작업 다섯을 프로세스 풀로", "the same five tasks on a pool of processes"),
        options,
        move |a| run(a.get(workers), a.get(iterations), a.pythons()),
    )
}

/// Gives the five tasks to a pool, here and on CPython.
pub fn run(workers: usize, iterations: u64, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("multiprocessing/pool");
    let watch = Watch::start();
    let begin = Instant::now();
    let pool = Pool::builder().workers(workers).record(true).build().map_err(pool_errors::failed)?;
    let done = pool.map(&COUNT, vec![iterations; TASKS as usize]);
    let wall = begin.elapsed().as_nanos() as f64;
    let history = pool.history();
    // The CPU time of workers is known once they have been waited for; before, it would count as that of other programs.
    drop(pool);
    let foreign = watch.foreign();
    let mut lanes: Vec<Lane> =
        (0..workers).map(|n| Lane { name: text!("워커 {n}", "Worker {n}"), spans: Vec::new() }).collect();
    for (n, outcome) in done.into_iter().enumerate() {
        let (sum, on_core) = outcome.map_err(|failure| task_error(n, &failure.text()))?;
        if sum != work::expected(iterations) {
            return Err(task_error(n, &text!("합이 틀렸습니다", "its sum is wrong")));
        }
        if let Some(stint) = history.iter().find(|stint| stint.task == n) {
            lanes[stint.seat].spans.extend(work::CountResult { sum, on_core }.lane(Default::default()).spans);
        }
    }
    lanes.iter_mut().for_each(|lane| lane.spans.sort_by_key(|span| span.start));
    let trace = Trace::new(text!("Rust, 풀", "Rust, the pool"), lanes);
    report.verdicts.push(judge(workers, &trace, foreign));
    report.measures.push(Measure::new(
        "wall.pool",
        text!("Rust, 풀: 시작부터 결과까지", "Rust, the pool: from its start to the results"),
        Unit::Ns,
        vec![wall],
    ));
    let share = unit::duration(trace.duration() as f64);
    let mut each = vec![("Rust".to_owned(), work::per_addition(&trace, iterations * TASKS))];
    report.traces.push(trace);
    each.extend(join_twin(&mut report, workers, iterations, pythons));
    report.notes.push(text!(
        "작업 하나는 덧셈 {iterations}번입니다. 막대는 코어에서 계산하던 시간입니다. 노는 워커가 다음 작업을 가져가며, chunksize는 없습니다.",
        "A task is {iterations} additions. A bar is time on a core. An idle worker takes the next task; there is no chunk size."
    ));
    let Text { ko: each_ko, en: each_en } = work::costs(&each);
    report.shows = text!(
        "워커 {workers}개가 작업 {TASKS}개를 {share} 만에 끝냈습니다. 워커를 한 번 띄워 여러 작업을 처리하므로, 작업마다 프로세스를 띄우는 비용이 없습니다. {each_ko}",
        "{TASKS} tasks on a pool of {workers} took {share}. Workers are started once and do many tasks, so there is no process to start for each task. {each_en}"
    );
    Ok(report)
}

fn judge(workers: usize, trace: &Trace, foreign: Option<f64>) -> Verdict {
    if workers < 2 {
        return Verdict::not_measured(CLAIM, "Rust", text!("워커가 하나뿐입니다", "there is only one worker"));
    }
    CoresUsed::of_trace(trace, foreign).parallel(CLAIM, "Rust")
}

/// Joins the twin, and returns the cost of one addition on each interpreter.
fn join_twin(report: &mut Report, workers: usize, iterations: u64, pythons: &[Interpreter]) -> Vec<(String, f64)> {
    let (watch, mut each) = (Watch::start(), Vec::new());
    let twins = iterations.min(TWIN_ITERATIONS);
    let args = [workers.to_string(), twins.to_string()];
    python::join(report, pythons, twin_script!("pool"), &args, &[CLAIM], |python, twin| {
        let on = python.to_string();
        each.extend(twin.traces.iter().map(|trace| (on.clone(), work::per_addition(trace, TASKS * twins))));
        let used = |trace| CoresUsed::of_trace(trace, watch.foreign());
        match workers {
            1 => vec![Verdict::not_measured(CLAIM, on, text!("워커가 하나뿐입니다", "there is only one worker"))],
            _ => twin.traces.iter().map(|trace| used(trace).parallel(CLAIM, on.clone())).collect(),
        }
    });
    python::name_part(report, pythons, iterations, twins);
    each
}
