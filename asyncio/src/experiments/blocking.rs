//! One task that computes stalls the loop: all others wake up late. Then three remedies.
//!
//! Article: asyncio, "단일 스레드 이벤트 루프". Run: `cargo run -p asyncio -- blocking`. Python twin: `python/blocking.py`.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use gil_sim::loops;
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::machine::Watch;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Measure, Report, Table, Unit};
use lab::trace::{LaneRecorder, Recorder};
use lab::trace::{State, Trace};
use lab::{Result, clock, machine, stats, text, twin_script};
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::{task, time};

use crate::heartbeat::{Late, ticker};
use crate::programs::cannot_start;

/// The other tasks on the loop.
pub const OTHERS: usize = 3;
/// How long the others sleep at a time.
pub const PERIOD: Duration = Duration::from_millis(10);
/// The others run alone for so long before and after the computation.
const BEFORE: Duration = Duration::from_millis(80);
/// Iterations between two yields: about a millisecond.
const PIECE: u64 = 3_000_000;

// ANCHOR: in_the_loop
/// Broken: there is no await in it, so it keeps the loop's only thread until it is done.
async fn in_the_loop(turns: u64, mut lane: LaneRecorder) -> u64 {
    loops::free(&mut lane, turns)
}
// ANCHOR_END: in_the_loop

// ANCHOR: yields
/// Yields about every millisecond. The loop stays responsive; the work shares its thread.
async fn yields(turns: u64, mut lane: LaneRecorder) -> u64 {
    let mut done = 0;
    while done < turns {
        let piece = PIECE.min(turns - done);
        loops::free(&mut lane, piece);
        done += piece;
        task::yield_now().await;
    }
    loops::sum(done) // every piece counts from 0: what is told is that all turns were done
}
// ANCHOR_END: yields

// ANCHOR: spawn_blocking
/// On a thread of the runtime's blocking pool; the loop awaits the result.
async fn spawn_blocking(turns: u64, mut lane: LaneRecorder) -> u64 {
    task::spawn_blocking(move || loops::free(&mut lane, turns)).await.expect("the loop does not panic")
}
// ANCHOR_END: spawn_blocking

// ANCHOR: own_thread
/// On a thread of its own, which sends the result: for long-running work.
async fn own_thread(turns: u64, mut lane: LaneRecorder) -> u64 {
    let (result, done) = oneshot::channel();
    thread::spawn(move || {
        // The receiver is gone if the loop has ended.
        let _ = result.send(loops::free(&mut lane, turns));
    });
    done.await.expect("the thread sends before it ends")
}
// ANCHOR_END: own_thread

type Run = fn(u64, LaneRecorder) -> Pin<Box<dyn Future<Output = u64>>>;

/// A technique: its id (the twin's too), its function.
#[derive(Clone, Copy, Debug)]
pub struct Technique {
    pub id: &'static str,
    rust: &'static str,
    python: &'static str,
    run: Run,
}

/// All techniques, in the order of the table.
pub const TECHNIQUES: [Technique; 4] = [
    Technique {
        id: "in_the_loop",
        rust: "async fn",
        python: "async def",
        run: |n, lane| Box::pin(in_the_loop(n, lane)),
    },
    Technique { id: "yields", rust: "yield_now", python: "await sleep(0)", run: |n, lane| Box::pin(yields(n, lane)) },
    Technique {
        id: "spawn_blocking",
        rust: "spawn_blocking",
        python: "run_in_executor, threads",
        run: |n, lane| Box::pin(spawn_blocking(n, lane)),
    },
    Technique {
        id: "own_thread",
        rust: "std::thread + oneshot",
        python: "threading.Thread",
        run: |n, lane| Box::pin(own_thread(n, lane)),
    },
];

/// The result of one technique.
#[derive(Clone, Debug)]
pub struct Stall {
    /// How late the others woke up, each time.
    pub late: Vec<Late>,
    /// How long the computing took, in ns.
    pub took: u64,
    /// The task that computes, and the others after it.
    pub trace: Trace,
}

impl Technique {
    /// Computes beside the others.
    pub fn observe(&self, turns: u64) -> Result<Stall> {
        let runtime = Builder::new_current_thread().enable_time().build().map_err(cannot_start)?;
        let (recorder, stop) = (Recorder::new(), &AtomicBool::new(false));
        let busy = recorder.lane(text!("계산", "computes"));
        let [a, b, c] = [0, 1, 2].map(|i| ticker(recorder.lane(text!("다른 태스크 {i}", "other {i}")), PERIOD, stop));
        let job = async {
            time::sleep(BEFORE).await;
            let start = clock::now();
            let sum = (self.run)(turns, busy).await;
            let took = clock::now() - start;
            assert_eq!(sum, loops::sum(turns), "{}: not all of the work was done", self.id);
            time::sleep(BEFORE).await;
            stop.store(true, Relaxed);
            took
        };
        let (took, a, b, c) = runtime.block_on(async { tokio::join!(job, a, b, c) });
        let trace = recorder.finish(Text::same(format!("Rust: {}", self.rust)));
        Ok(Stall { late: [a, b, c].concat(), took, trace })
    }
}

/// `cargo run -p asyncio -- blocking`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!("계산하는 루프의 반복 횟수", "iterations of the computing loop");
    let iterations = options.count("iterations", 1..=10_000_000_000, 1_000_000_000, about);
    let about = text!(
        "계산하는 태스크 하나가 루프를 세움, 그리고 벗어나는 길",
        "a task that computes stalls the loop; ways out"
    );
    Experiment::new("blocking", about, options, move |a| run(a.get(iterations), a.pythons()))
}

/// Runs every technique, here and on CPython.
pub fn run(turns: u64, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("asyncio/blocking");
    let watch = Watch::start();
    for technique in &TECHNIQUES {
        let observe = technique.observe(turns)?;
        report.measures.extend(measures(technique, &observe));
        report.traces.push(observe.trace);
    }
    let foreign = watch.foreign();
    report
        .tables
        .push(table(&report, &Text::same("Rust, tokio current_thread"), "", |technique| Text::same(technique.rust)));
    let twins = (turns / 100).max(1);
    let args = [twins.to_string(), PERIOD.as_secs_f64().to_string(), BEFORE.as_secs_f64().to_string()];
    python::join(&mut report, pythons, twin_script!("blocking"), &args, &[], |_, _| Vec::new());
    python::name_part(&mut report, pythons, turns, twins);
    for python in pythons {
        let prefix = python.measure_id("");
        let table = table(&report, &Text::same(python.to_string()), &prefix, python_name);
        report.tables.extend((!table.rows.is_empty()).then_some(table));
    }
    report.measures_in_tables = true;
    report.notes = notes(turns, foreign).into_iter().chain(report.notes).collect();
    report.shows = shows(&report);
    Ok(report)
}

fn measures(technique: &Technique, observe: &Stall) -> [Measure; 2] {
    let (id, name) = (technique.id, technique.rust);
    let late = text!("{name}: 다른 태스크가 늦게 깨어난 시간", "{name}: the others woke up late by");
    let took = text!("{name}: 계산에 걸린 시간", "{name}: the computing took");
    [
        Measure::new(format!("late.{id}"), late, Unit::Ns, observe.late.iter().map(|&ns| ns as f64).collect()),
        Measure::new(format!("took.{id}"), took, Unit::Ns, vec![observe.took as f64]),
    ]
}

/// Only the twin needs this: where threads share a GIL, a process is the remedy.
const PROCESS: &str = "process";

fn python_name(technique: &Technique) -> Text {
    if technique.id == PROCESS {
        text!("run_in_executor, 프로세스", "run_in_executor, process")
    } else {
        Text::same(technique.python)
    }
}

/// A row for each technique, from the measurements whose ids begin with `prefix`.
fn table(report: &Report, on: &Text, prefix: &str, name: impl Fn(&Technique) -> Text) -> Table {
    let process = Technique { id: PROCESS, ..TECHNIQUES[0] };
    let row = |technique: &Technique| -> Option<Vec<Text>> {
        let late = report.measure(&format!("{prefix}late.{}", technique.id))?;
        let took = report.measure(&format!("{prefix}took.{}", technique.id))?;
        let (_, longest) = stats::range(&late.samples)?;
        let cell = |ns: f64| Text::same(unit::value(ns, Unit::Ns));
        let woken = Text::same(late.samples.len().to_string());
        Some(vec![name(technique), woken, cell(late.median()), cell(longest), cell(took.median())])
    };
    let (ko, en) = (&on.ko, &on.en);
    Table {
        title: text!("{ko}: 계산하는 태스크 곁의 다른 태스크", "{en}: the others beside a task that computes"),
        head: vec![
            text!("계산하는 곳", "computed in"),
            text!("깨어남", "woke up"),
            text!("늦음, 중앙값", "late, median"),
            text!("가장 늦음", "latest"),
            text!("계산 시간", "computing"),
        ],
        rows: TECHNIQUES.iter().chain([&process]).filter_map(row).collect(),
    }
}

fn notes(turns: u64, foreign: Option<f64>) -> Vec<Text> {
    let period = unit::duration(PERIOD.as_nanos() as f64);
    let mut notes = vec![text!(
        "계산은 글의 루프(count += i) {turns}바퀴, 파이썬에서는 그 100분의 1입니다. 곁의 태스크 {others}개는 {period}씩 자고, 깨어날 때가 된 때부터 실제로 돌기까지가 '늦음'입니다(그림의 ·). tokio의 타이머는 1 ms 단위이므로 1 ms 안팎은 늘 늦습니다.",
        "The computing is {turns} turns of the article's loop (count += i), in Python a hundredth of it. {others} tasks beside it sleep {period} at a time; 'late' is from when one is due until it runs (· in the drawing). tokio's timers count in milliseconds, so that a millisecond or so is always late.",
        others = OTHERS
    )];
    notes.push(machine::others_used(foreign));
    notes
}

fn shows(report: &Report) -> Text {
    let latest = |id: &str| {
        let measure = report.measure(&format!("late.{id}"));
        unit::duration(measure.and_then(|m| stats::range(&m.samples)).map_or(f64::NAN, |(_, most)| most))
    };
    let (stall, yields, pool, own) =
        (latest("in_the_loop"), latest("yields"), latest("spawn_blocking"), latest("own_thread"));
    text!(
        "루프 안에서 계산하면 다른 태스크가 최대 {stall} 늦게 깨어납니다. 사이사이 내놓으면 {yields}, spawn_blocking에 맡기면 {pool}, 제 스레드에서 하면 {own}입니다.",
        "Computing in the loop, the others woke up late by up to {stall}; giving technique now and then, {yields}; on spawn_blocking, {pool}; in a thread of its own, {own}."
    )
}

/// Whether another task woke up while the task computed: between its first and its last running moment.
pub fn others_lived(trace: &Trace) -> bool {
    let running = || trace.lanes[0].spans.iter().filter(|span| span.state == State::Running);
    let (Some(first), Some(last)) = (running().next(), running().next_back()) else { return false };
    let woke = trace.lanes[1..].iter().flat_map(|lane| &lane.spans).filter(|span| span.state == State::Ready);
    woke.map(|span| span.end).any(|at| first.start < at && at < last.end)
}
