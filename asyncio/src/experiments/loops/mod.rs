//! One event loop per thread: do several loops compute faster than one? Without a GIL they do, under one GIL they do not.
//!
//! Every task computes, sleeps, computes again, as a server does between requests. One loop gets all tasks; then several loops, each
//! in a thread of its own, share them.
//!
//! Article: asyncio, "GIL 영향 없음(단일 스레드)". Run: `cargo run -p asyncio -- loops`. Python twin: `python/loops.py`.

mod cases;
pub mod report;

pub use cases::{CASES, Case, CaseResult, PAUSE, PIECES, TASKS};

use std::sync::Arc;
use std::thread;

use gil_sim::lock::Lock;
use gil_sim::{Gil, SWITCH_INTERVAL, ThreadId, loops};
use lab::cli::{Experiment, Options};
use lab::cores_used::CoresUsed;
use lab::machine::Watch;
use lab::python::{self, Interpreter};
use lab::report::{Front, Report};
use lab::trace::{LaneRecorder, Recorder, State};
use lab::{Error, Result, text, twin_script};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio::time;

use crate::event_loop::cannot_start;
use report::CLAIM;

/// CPython does so much less than Rust in the same time.
const TWIN_PART: u64 = 100;

// ANCHOR: tasks
/// A task of a loop: computes a piece, sleeps, computes the next. Returns the sum of what it counted.
async fn task(gil: Option<Arc<Gil>>, me: ThreadId, mut lane: LaneRecorder, iterations: u64) -> u64 {
    let mut sum = 0_u64;
    for piece in pieces(iterations) {
        sum = sum.wrapping_add(match &gil {
            Some(gil) => loops::holding(gil, me, &mut lane, piece),
            None => loops::free(&mut lane, piece),
        });
        lane.enter(State::WaitingForIo);
        time::sleep(PAUSE).await;
        lane.leave();
    }
    sum
}
// ANCHOR_END: tasks

/// The iterations of each piece of a task.
fn pieces(iterations: u64) -> impl Iterator<Item = u64> {
    (0..PIECES).map(move |n| iterations * (n + 1) / PIECES - iterations * n / PIECES)
}

/// The sum that a task must return.
pub fn expected(iterations: u64) -> u64 {
    pieces(iterations).map(loops::sum).fold(0, u64::wrapping_add)
}

// ANCHOR: thread
/// A thread with a loop of its own, and the tasks on it. It needs the lock to run, and releases it while it waits for events.
fn run_loop(gil: Option<&Arc<Gil>>, me: ThreadId, lanes: Vec<LaneRecorder>, iterations: u64) -> Result<Vec<u64>> {
    let runtime = event_loop(gil, me)?;
    gil.inspect(|gil| gil.take(me));
    let sums = runtime.block_on(async {
        let tasks = lanes.into_iter().map(|lane| task(gil.cloned(), me, lane, iterations));
        tasks.collect::<JoinSet<u64>>().join_all().await
    });
    gil.inspect(|gil| gil.leave(me));
    Ok(sums)
}
// ANCHOR_END: thread

/// tokio's event loop, which releases the lock around every wait, as CPython does around `epoll_wait`.
fn event_loop(gil: Option<&Arc<Gil>>, me: ThreadId) -> Result<Runtime> {
    let mut builder = Builder::new_current_thread();
    if let Some(gil) = gil {
        let (before, after) = (Arc::clone(gil), Arc::clone(gil));
        builder.on_thread_park(move || before.release(me)).on_thread_unpark(move || after.take(me));
    }
    builder.enable_time().build().map_err(cannot_start)
}

/// Runs one case: `loops` loops with [`TASKS`] tasks each, or one loop with all of them.
pub fn run_case(case: Case, loops: usize, iterations: u64) -> Result<CaseResult> {
    let gil = case.gil.then(|| Arc::new(Gil::new(SWITCH_INTERVAL)));
    let (loops, tasks) = if case.several { (loops, TASKS) } else { (1, loops * TASKS) };
    let recorder = Recorder::new();
    let lane = |l: usize, t: usize| recorder.lane(text!("루프 {l}, 태스크 {t}", "Loop {l}, task {t}"));
    let lanes: Vec<Vec<LaneRecorder>> = (0..loops).map(|l| (0..tasks).map(|t| lane(l, t)).collect()).collect();
    let run = || {
        thread::scope(|scope| {
            let start = |(me, lanes): (u64, Vec<LaneRecorder>)| {
                let gil = gil.as_ref();
                let run = move || run_loop(gil, ThreadId(me), lanes, iterations);
                thread::Builder::new().spawn_scoped(scope, run).map_err(|e| Error::no_thread(&e))
            };
            let threads: Vec<_> = (1..).zip(lanes).map(start).collect::<Result<_>>()?;
            let joined = threads.into_iter().map(|thread| thread.join().expect("a loop does not panic"));
            joined.collect::<Result<Vec<_>>>().map(|sums| sums.concat())
        })
    };
    let (sums, used) = CoresUsed::during(run);
    Ok(CaseResult { used, sums: sums?, trace: recorder.finish(case.name()) })
}

/// `cargo run -p asyncio -- loops`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let loops = options.size("loops", 2..=64, 2, text!("루프이자 스레드의 수", "number of loops, each in its thread"));
    let about = text!("태스크 하나의 반복 횟수", "iterations of each task");
    let iterations = options.count("iterations", 1..=10_000_000_000, 200_000_000, about);
    let about = text!(
        "스레드마다 이벤트 루프 하나: GIL이 없을 때와 있을 때",
        "one event loop per thread, without and with a GIL"
    );
    Experiment::new("loops", about, options, move |a| run(a.get(loops), a.get(iterations), a.pythons()))
}

/// Runs all cases here and on CPython.
pub fn run(loops: usize, iterations: u64, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("asyncio/loops");
    for case in CASES {
        let result = run_case(case, loops, iterations)?;
        if result.sums.iter().any(|sum| *sum != expected(iterations)) {
            let name = case.name();
            return Err(Error::failed(text!("{name}: 합이 틀렸습니다.", "{name}: a sum is wrong.")));
        }
        report.verdicts.extend(report::judge(case, &result));
        report.measures.extend(report::measures(case, &result));
        report.traces.push(result.trace);
    }
    // The pair to compare: several loops, without and with the lock.
    report.front = vec![Front::Trace(1), Front::Trace(2)];
    report.shows = report::shows(&report, loops);
    let twins = (iterations / TWIN_PART).max(1);
    let args =
        [loops.to_string(), TASKS.to_string(), twins.to_string(), PIECES.to_string(), PAUSE.as_secs_f64().to_string()];
    let watch = Watch::start();
    python::join(&mut report, pythons, twin_script!("loops"), &args, &[CLAIM], |python, twin| {
        vec![report::judge_twin(python, twin, watch.foreign())]
    });
    python::name_part(&mut report, pythons, iterations, twins);
    report.notes.insert(0, report::note(loops, iterations));
    Ok(report)
}
