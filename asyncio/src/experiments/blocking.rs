//! One task that computes stalls the event loop, and all other tasks wake up late. Then three remedies.
//!
//! Article: asyncio, "단일 스레드 이벤트 루프". Run: `cargo run -p asyncio -- blocking`. Python twin: `python/blocking.py`.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use gil_sim::loops;
use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::machine::Watch;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Measure, Report, Table, Unit};
use lab::trace::{LaneRecorder, Recorder};
use lab::trace::{State, Trace};
use lab::{Result, clock, machine, stats, text, twin_script};
use tokio::sync::oneshot;
use tokio::{task, time};

use crate::event_loop::{self, event_loop, lane_name};
use crate::heartbeat::{Late, ticker};

/// Number of other tasks on the loop.
pub const OTHERS: usize = 3;
/// How long the other tasks sleep at a time.
pub const PERIOD: Duration = Duration::from_millis(10);
/// The claim's id in the ledger.
const CLAIM: &str = "asyncio-blocked-loop";
/// The technique that the claim is about.
const IN_THE_LOOP: &str = "in_the_loop";
/// A computation shorter than this tells nothing: no other task may have been due during it.
const LONG_ENOUGH: f64 = 4.0 * PERIOD.as_nanos() as f64;
/// How long the other tasks run alone before and after the computation.
const BEFORE: Duration = Duration::from_millis(80);
/// Iterations between two yields: about a millisecond.
const PIECE: u64 = 3_000_000;

// ANCHOR: in_the_loop
/// Broken: it contains no await, so it keeps the loop's only thread until it has finished.
async fn in_the_loop(iterations: u64, mut lane: LaneRecorder) -> u64 {
    loops::free(&mut lane, iterations)
}
// ANCHOR_END: in_the_loop

// ANCHOR: yields
/// Yields about every millisecond. The loop stays responsive, but the computation shares its thread.
async fn yields(iterations: u64, mut lane: LaneRecorder) -> u64 {
    let mut done = 0;
    while done < iterations {
        let piece = PIECE.min(iterations - done);
        loops::free(&mut lane, piece);
        done += piece;
        task::yield_now().await;
    }
    loops::sum(done) // not the sum of the pieces' results, because each piece counts from 0
}
// ANCHOR_END: yields

// ANCHOR: spawn_blocking
/// Computes on a thread of the runtime's blocking pool; the loop awaits the result.
async fn spawn_blocking(iterations: u64, mut lane: LaneRecorder) -> u64 {
    task::spawn_blocking(move || loops::free(&mut lane, iterations)).await.expect("the loop does not panic")
}
// ANCHOR_END: spawn_blocking

// ANCHOR: own_thread
/// Computes on its own thread, which sends the result; suitable for long-running work.
async fn own_thread(iterations: u64, mut lane: LaneRecorder) -> u64 {
    let (result, done) = oneshot::channel();
    thread::spawn(move || {
        // This fails only if the loop has ended, and with it the receiver.
        let _ = result.send(loops::free(&mut lane, iterations));
    });
    done.await.expect("the thread sends before it ends")
}
// ANCHOR_END: own_thread

type Run = fn(u64, LaneRecorder) -> Pin<Box<dyn Future<Output = u64>>>;

/// A way to run the computation: its id (the twin's too), its names in Rust and in Python, and its function.
#[derive(Clone, Copy, Debug)]
pub struct Technique {
    pub id: &'static str,
    rust: &'static str,
    python: &'static str,
    run: Run,
}

/// All techniques, in the order of the table.
pub const TECHNIQUES: [Technique; 4] = [
    Technique { id: IN_THE_LOOP, rust: "async fn", python: "async def", run: |n, lane| Box::pin(in_the_loop(n, lane)) },
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
    /// How late each wake-up of the other tasks was.
    pub late: Vec<Late>,
    /// Time of the computation, in ns.
    pub took: u64,
    /// Lanes: first the loop's thread, then the computing task, then the others.
    pub trace: Trace,
}

impl Technique {
    /// Runs the computation beside the other tasks.
    pub fn observe(&self, iterations: u64) -> Result<Stall> {
        let (recorder, stop) = (Recorder::new(), &AtomicBool::new(false));
        let runtime = event_loop(None, recorder.lane(lane_name()))?;
        let busy = recorder.lane(text!("계산", "computing"));
        let [a, b, c] =
            [0, 1, 2].map(|i| ticker(recorder.lane(text!("다른 태스크 {i}", "other task {i}")), PERIOD, stop));
        let job = async {
            time::sleep(BEFORE).await;
            let start = clock::now();
            let sum = (self.run)(iterations, busy).await;
            let took = clock::now() - start;
            assert_eq!(sum, loops::sum(iterations), "{}: not all of the work was done", self.id);
            time::sleep(BEFORE).await;
            stop.store(true, Relaxed);
            took
        };
        let (took, a, b, c) = runtime.block_on(async { tokio::join!(job, a, b, c) });
        drop(runtime); // its hooks hold the loop's lane, which must end before `finish`
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
        "계산하는 태스크 때문에 멈추는 이벤트 루프, 그리고 해결책",
        "a task that computes stalls the event loop, and remedies"
    );
    Experiment::new("blocking", about, options, move |a| run(a.get(iterations), a.pythons()))
}

/// Runs every technique, here and on CPython.
pub fn run(iterations: u64, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("asyncio/blocking");
    let watch = Watch::start();
    for technique in &TECHNIQUES {
        let stall = technique.observe(iterations)?;
        report.measures.extend(measures(technique, &stall));
        if technique.id == IN_THE_LOOP {
            report.verdicts.push(judge(&stall));
        }
        report.traces.push(stall.trace);
    }
    let foreign = watch.foreign();
    report
        .tables
        .push(table(&report, &Text::same("Rust, tokio current_thread"), "", |technique| Text::same(technique.rust)));
    let twins = (iterations / 100).max(1);
    let args = [twins.to_string(), PERIOD.as_secs_f64().to_string(), BEFORE.as_secs_f64().to_string()];
    python::join(&mut report, pythons, twin_script!("blocking"), &args, &[CLAIM], |python, twin| {
        vec![judge_twin(python, twin)]
    });
    python::name_part(&mut report, pythons, iterations, twins);
    for python in pythons {
        let prefix = python.measure_id("");
        let table = table(&report, &Text::same(python.to_string()), &prefix, python_name);
        report.tables.extend((!table.rows.is_empty()).then_some(table));
    }
    report.measures_in_tables = true;
    report.notes = notes(iterations, foreign).into_iter().chain(report.notes).collect();
    report.shows = shows(&report);
    Ok(report)
}

/// The verdict on the computation in the loop, by whether another task woke up while it lasted.
pub fn judge(stall: &Stall) -> Verdict {
    let took = stall.took as f64;
    if took < LONG_ENOUGH {
        return too_short("Rust, tokio", took);
    }
    let woke = others_woke(&stall.trace);
    let shown = unit::duration(took);
    let evidence = if woke {
        text!("계산하는 {shown} 동안 다른 태스크가 깨어남", "another task woke up during the {shown} of computing")
    } else {
        text!("계산하는 {shown} 동안 깨어난 다른 태스크 없음", "no other task woke up during the {shown} of computing")
    };
    Verdict::seen(CLAIM, "Rust, tokio", !woke, evidence)
}

/// The twin reports how late the tasks woke up. One that was due early in a computation that nothing interrupts is late by most of it.
fn judge_twin(python: &Interpreter, twin: &Report) -> Verdict {
    let of = |what: &str| twin.measure(&format!("{what}.{IN_THE_LOOP}"));
    let (Some(took), Some(late)) = (of("took"), of("late").and_then(|late| stats::range(&late.samples))) else {
        let why = text!("파이썬 대응 프로그램이 측정하지 않았습니다", "the twin did not measure it");
        return Verdict::not_measured(CLAIM, python.to_string(), why);
    };
    let (took, late) = (took.median(), late.1);
    if took < LONG_ENOUGH {
        return too_short(&python.to_string(), took);
    }
    let (took_shown, late_shown) = (unit::duration(took), unit::duration(late));
    let evidence = text!(
        "계산 {took_shown}, 다른 태스크가 가장 늦게 깨어난 지연 {late_shown}",
        "the computation took {took_shown}; another task was late by up to {late_shown}"
    );
    Verdict::seen(CLAIM, python.to_string(), late > took / 2.0, evidence)
}

fn too_short(on: &str, took: f64) -> Verdict {
    let took = unit::duration(took);
    let why = text!(
        "계산이 {took}로 너무 짧습니다. --iterations를 늘리십시오",
        "the computation of {took} is too short; increase --iterations"
    );
    Verdict::not_measured(CLAIM, on, why)
}

fn measures(technique: &Technique, stall: &Stall) -> [Measure; 2] {
    let (id, name) = (technique.id, technique.rust);
    let late = text!("{name}: 다른 태스크가 깨어날 때의 지연", "{name}: lateness of the other tasks");
    let took = text!("{name}: 계산에 걸린 시간", "{name}: time of the computation");
    [
        Measure::new(format!("late.{id}"), late, Unit::Ns, stall.late.iter().map(|&ns| ns as f64).collect()),
        Measure::new(format!("took.{id}"), took, Unit::Ns, vec![stall.took as f64]),
    ]
}

/// Only the twin has this technique: where threads share a GIL, the remedy is a process.
const PROCESS: &str = "process";

fn python_name(technique: &Technique) -> Text {
    if technique.id == PROCESS {
        text!("run_in_executor, 프로세스", "run_in_executor, process")
    } else {
        Text::same(technique.python)
    }
}

/// A table of the measurements whose ids begin with `prefix`, one row per technique.
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
        title: text!("{ko}: 계산하는 태스크와 함께 도는 다른 태스크", "{en}: other tasks beside a computing task"),
        head: vec![
            text!("계산하는 방법", "computed with"),
            text!("깨어난 횟수", "wake-ups"),
            text!("지연 중앙값", "median lateness"),
            text!("가장 늦음", "latest"),
            text!("계산 시간", "computation"),
        ],
        rows: TECHNIQUES.iter().chain([&process]).filter_map(row).collect(),
    }
}

fn notes(iterations: u64, foreign: Option<f64>) -> Vec<Text> {
    let period = unit::duration(PERIOD.as_nanos() as f64);
    let mut notes = vec![text!(
        "계산은 글의 루프(count += i)를 {iterations}번, 파이썬에서는 그 100분의 1만큼 반복합니다. 다른 태스크 {others}개는 {period}씩 반복해서 잡니다. 지연은 깨어나야 할 시각부터 실제로 실행될 때까지의 시간입니다(그림의 ·). tokio의 타이머는 1 ms 단위이므로 1 ms 정도의 지연은 항상 생깁니다.",
        "The computation is {iterations} iterations of the article's loop (count += i), in Python a hundredth of that. {others} other tasks sleep for {period} at a time. A task is late from when it is due until it runs (· in the drawing). tokio's timers have a resolution of 1 ms, so tasks are always late by about 1 ms.",
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
        "루프 안에서 계산하면 다른 태스크가 최대 {stall} 늦게 깨어납니다. 중간중간 양보하면 {yields}, spawn_blocking에 맡기면 {pool}, 별도 스레드에서 계산하면 {own}입니다.",
        "When a task computes in the loop, the other tasks wake up late by up to {stall}. If it yields regularly, they are late by up to {yields}; with spawn_blocking, {pool}; with a separate thread, {own}."
    )
}

/// Whether another task woke up during the computation, from its first to its last running span.
pub fn others_woke(trace: &Trace) -> bool {
    let lanes: Vec<_> = event_loop::tasks(trace).collect();
    let running = || lanes[0].spans.iter().filter(|span| span.state == State::Running);
    let (Some(first), Some(last)) = (running().next(), running().next_back()) else { return false };
    let woke = lanes[1..].iter().flat_map(|lane| &lane.spans).filter(|span| span.state == State::Ready);
    woke.map(|span| span.end).any(|at| first.start < at && at < last.end)
}
