//! An event loop under the GIL. If the loop is alone, the lock changes nothing; beside a thread that computes, every wake-up waits for
//! the lock.
//!
//! The loop is tokio's, on one thread. It holds the lock while it runs tasks and releases it while it waits for the next event, as
//! CPython does around `select` and `epoll_wait`.
//!
//! Article: asyncio, "GIL 영향 없음(단일 스레드)". Run: `cargo run -p asyncio -- gil`. Python twin: `python/gil.py`.

mod cases;
pub mod report;

pub use cases::{CASES, Case, CaseResult};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use gil_sim::lock::Lock;
use gil_sim::{Gil, SWITCH_INTERVAL, ThreadId, loops};
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::machine::Watch;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Front, Report};
use lab::trace::{LaneRecorder, Recorder};
use lab::{Error, Result, text, twin_script};
use tokio::time;

use crate::event_loop::{LOOP, event_loop, lane_name};
use crate::heartbeat::ticker;
use report::CLAIM;

/// How long the loop's tasks sleep at a time.
pub const PERIOD: Duration = Duration::from_millis(10);

/// Runs one case. The loop runs until the computing threads have done their `iterations`, or, if there are none, for `lasting`.
pub fn run_case(case: Case, iterations: u64, lasting: Duration) -> Result<CaseResult> {
    let gil = case.gil.then(|| Arc::new(Gil::new(SWITCH_INTERVAL)));
    let recorder = Recorder::new();
    let runtime = event_loop(gil.clone(), recorder.lane(lane_name()))?;
    let computing: Vec<LaneRecorder> =
        (0..case.computing).map(|i| recorder.lane(text!("CPU {i}", "CPU {i}"))).collect();
    let stop = &AtomicBool::new(false);
    let late = thread::scope(|scope| {
        let [a, b, c] = [0, 1, 2].map(|i| ticker(recorder.lane(text!("태스크 {i}", "Task {i}")), PERIOD, stop));
        if let Some(gil) = &gil {
            gil.take(LOOP);
        }
        let mut threads = Vec::new();
        for (me, mut lane) in (LOOP.0 + 1..).zip(computing) {
            let gil = gil.clone();
            let count = move || match gil {
                Some(gil) => loops::under(&gil, ThreadId(me), &mut lane, iterations),
                None => loops::free(&mut lane, iterations),
            };
            threads.push(thread::Builder::new().spawn_scoped(scope, count).map_err(|e| Error::no_thread(&e))?);
        }
        let until = async {
            if threads.is_empty() {
                time::sleep(lasting).await;
            }
            while threads.iter().any(|thread| !thread.is_finished()) {
                time::sleep(PERIOD).await;
            }
            stop.store(true, Relaxed);
        };
        let (a, b, c, ()) = runtime.block_on(async { tokio::join!(a, b, c, until) });
        // The loop has ended, so its hooks will not release the lock.
        gil.iter().for_each(|gil| gil.leave(LOOP));
        Ok::<_, Error>([a, b, c].concat())
    })?;
    drop(runtime); // its hooks hold the loop's lane, which must end before `finish`
    let switches = gil.map_or(0, |gil| gil.switches());
    Ok(CaseResult { late, switches, trace: recorder.finish(case.name()) })
}

/// `cargo run -p asyncio -- gil`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!("계산하는 루프의 반복 횟수", "iterations of the computing loop");
    let iterations = options.count("iterations", 1..=10_000_000_000, 1_000_000_000, about);
    let about = text!("루프만 실행하는 시간", "how long the loop runs alone");
    let seconds = options.seconds("seconds", 0.0..=60.0, 0.4, about);
    let about = text!(
        "GIL을 쓰는 이벤트 루프: 루프만, 그리고 CPU 스레드와 함께",
        "an event loop under the GIL: alone, and beside a CPU thread"
    );
    Experiment::new("gil", about, options, move |a| run(a.get(iterations), a.get(seconds), a.pythons()))
}

/// Runs all cases here and on CPython, with `iterations` of the counting loop in the computing thread.
pub fn run(iterations: u64, lasting: Duration, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("asyncio/gil");
    let watch = Watch::start();
    for case in CASES {
        let result = run_case(case, iterations, lasting)?;
        report.verdicts.extend(report::judge(case, &result));
        report.measures.extend(report::measures(case, &result));
        report.traces.push(result.trace);
    }
    // The pair to compare: beside a CPU thread, without and with the lock.
    report.front = vec![Front::Trace(2), Front::Trace(3)];
    let foreign = watch.foreign();
    report.tables.push(report::table(&report, &text!("Rust, tokio current_thread", "Rust, tokio current_thread"), ""));
    let twins = (iterations / 100).max(1);
    let args = [twins.to_string(), lasting.as_secs_f64().to_string(), PERIOD.as_secs_f64().to_string()];
    python::join(&mut report, pythons, twin_script!("gil"), &args, &[CLAIM], |python, twin| {
        vec![report::judge_twin(python, twin)]
    });
    python::name_part(&mut report, pythons, iterations, twins);
    for python in pythons {
        let prefix = python.measure_id("");
        let table = report::table(&report, &Text::same(python.to_string()), &prefix);
        report.tables.extend((!table.rows.is_empty()).then_some(table));
    }
    report.measures_in_tables = true;
    let each = unit::duration(PERIOD.as_nanos() as f64);
    report.notes.extend(report::notes(iterations, &each, foreign));
    report.shows = report::shows(&report);
    Ok(report)
}
