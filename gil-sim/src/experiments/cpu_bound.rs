//! CPU-bound threads, without a lock and then under the GIL: in parallel, and one after another. Both run the same loop.
//!
//! Article: GIL(Global Interpreter Lock). Run: `cargo run -p gil-sim`. Python twin: `python/cpu_bound.py`.

use std::thread;
use std::time::Duration;

use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::cores_used::CoresUsed;
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Measure, Report, Unit};
use lab::trace::{LaneRecorder, Recorder};
use lab::trace::{State, Trace};
use lab::{Error, Result, text, twin_script};

use crate::options;
use crate::questions;
use crate::sampling;
use crate::{Gil, ThreadId, loops};

/// The claim on what the lock lets happen.
const ONE_AT_A_TIME: &str = "gil-one-thread-at-a-time";

/// `gil-sim`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let threads = options.threads(1..=64, 2);
    let iterations = options::iterations(&mut options, 10_000_000_000, 120_000_000);
    let interval = options::interval(&mut options, 0.005);
    Experiment::new(
        "cpu-bound",
        text!("CPU 바운드 스레드: 락 없이, 그리고 GIL 아래에서", "CPU-bound threads without a lock, and under the GIL"),
        options,
        move |a| run(a.get(threads), a.get(iterations), a.get(interval), a.pythons()),
    )
    .asks(move |a| questions::all(a.get(interval)))
}

/// Runs the loop in `threads` threads, `iterations` each, free and under a lock with this switch interval.
pub fn run(threads: usize, iterations: u64, interval: Duration, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("gil-sim/cpu-bound");
    let gil = Gil::new(interval);
    let (free, free_cores) =
        CoresUsed::during(|| together(threads, iterations, |_, lane| loops::free(lane, iterations)));
    let (held, held_cores) =
        CoresUsed::during(|| together(threads, iterations, |me, lane| loops::under(&gil, me, lane, iterations)));
    let free = Trace { title: text!("Rust, 락 없이", "Rust, without a lock"), ..free? };
    let held = Trace { title: text!("Rust, GIL 아래에서", "Rust, under the GIL"), ..held? };

    report.verdicts.push(free_cores.parallel("no-gil-threads-parallel", "Rust"));
    report.verdicts.push(one_at_a_time("Rust", &free));
    report.verdicts.push(one_at_a_time("Rust + GIL", &held));
    report.verdicts.push(held_cores.serial("threads-cpu-no-gain", "Rust + GIL"));
    report.measures = measures(&free, &held, gil.switches());
    report.shows = shows(free.duration(), held.duration(), gil.switches());
    report.notes.push(text!(
        "스레드마다 글의 루프(count += i)를 {iterations}번, 파이썬에서는 그 20분의 1만큼 반복합니다.",
        "each thread runs {iterations} iterations of the article's loop (count += i), in Python a twentieth of that."
    ));
    report.traces = vec![free, held.clone()];

    let twins = (iterations / 20).max(1);
    let args = [threads.to_string(), twins.to_string(), interval.as_secs_f64().to_string()];
    python::join(&mut report, pythons, twin_script!("cpu_bound"), &args, &[ONE_AT_A_TIME], |python, twin| {
        twin.traces.iter().map(|trace| on_python(python, trace)).collect()
    });
    python::name_part(&mut report, pythons, iterations, twins);
    let seen = sampling::judge(pythons).and_then(|judge| {
        let names = |twin: &Report| twin.traces.iter().flat_map(|t| &t.lanes).map(|lane| lane.name.clone()).collect();
        sampling::watch(&judge, twin_script!("cpu_bound"), &args, names)
    });
    sampling::comparison::join(&mut report, &[(Text::same("Rust + GIL"), held)], seen, Trace::clone);
    Ok(report)
}

fn measures(free: &Trace, held: &Trace, switches: u64) -> Vec<Measure> {
    let wall = |id, name, trace: &Trace| Measure::new(id, name, Unit::Ns, vec![trace.duration() as f64]);
    let handed_over = text!("GIL이 다른 스레드로 넘어간 횟수", "times the GIL was handed over");
    let mut all = vec![
        wall("wall.free", text!("락 없이, 처음부터 끝까지", "without a lock, first to last"), free),
        wall("wall.gil", text!("GIL 아래에서, 처음부터 끝까지", "under the GIL, first to last"), held),
        Measure::new("switches", handed_over, Unit::Count, vec![switches as f64]),
    ];
    let slices = slices(held);
    if !slices.is_empty() {
        all.push(Measure::new("slice", text!("GIL을 쥐고 있던 시간", "time the GIL was held"), Unit::Ns, slices));
    }
    all
}

fn shows(fast: u64, slow: u64, switches: u64) -> Text {
    let (fast, slow) = (unit::duration(fast as f64), unit::duration(slow as f64));
    text!(
        "같은 작업이 락 없이는 동시에 실행되어 {fast}, 뮤텍스 하나를 씌우면 번갈아 실행되어 {slow}가 걸렸습니다. GIL은 {switches}번 넘어갔습니다.",
        "The same threads, the same work: without a lock they run at the same time and take {fast}; with one mutex around them they take turns and need {slow}. The GIL was handed over {switches} times."
    )
}

/// Runs `work` in this many threads.
fn together(
    threads: usize,
    iterations: u64,
    work: impl Fn(ThreadId, &mut LaneRecorder) -> u64 + Sync,
) -> Result<Trace> {
    let recorder = Recorder::new();
    thread::scope(|scope| {
        let mut running = Vec::new();
        for i in 0..threads {
            let mut lane = recorder.lane(text!("스레드 {i}", "Thread {i}"));
            let work = &work;
            let me = ThreadId(i as u64 + 1);
            let thread = thread::Builder::new().spawn_scoped(scope, move || work(me, &mut lane));
            running.push(thread.map_err(|e| Error::no_thread(&e))?);
        }
        for thread in running {
            let count = thread.join().expect("the loop does not panic");
            assert_eq!(count, loops::sum(iterations), "a thread that counted wrong is a bug in the loop");
        }
        Ok::<(), Error>(())
    })?;
    Ok(recorder.finish(Text::default()))
}

/// How long the lock was held each time.
fn slices(trace: &Trace) -> Vec<f64> {
    let spans = trace.lanes.iter().flat_map(|lane| &lane.spans);
    spans.filter(|span| span.state == State::Running).map(|span| (span.end - span.start) as f64).collect()
}

fn one_at_a_time(on: &str, trace: &Trace) -> Verdict {
    let peak = trace.peak_in_flight(&[State::Running]);
    let evidence = text!("동시에 실행된 스레드 최대 {peak}개", "at most {peak} running at once");
    if trace.lanes.len() < 2 {
        return Verdict::not_measured(ONE_AT_A_TIME, on, text!("스레드가 하나뿐입니다", "there is only one thread"));
    }
    Verdict::seen(ONE_AT_A_TIME, on, peak <= 1, evidence)
}

/// Up to 3.14 CPython does not say who holds the GIL, so the twin records its own pauses. It misses those shorter than its grain, so a small
/// overlap proves nothing.
fn on_python(python: &Interpreter, trace: &Trace) -> Verdict {
    const GRAIN: f64 = 0.05;
    let mean = trace.mean_in_flight(State::Running);
    let evidence = text!("실행 중인 스레드 평균 {mean:.2}개", "{mean:.2} threads running on average");
    if let Some(why) = python.why_no_gil() {
        return Verdict::not_measured(ONE_AT_A_TIME, python.to_string(), why);
    }
    Verdict::seen(ONE_AT_A_TIME, python.to_string(), mean <= 1.0 + GRAIN, evidence)
}
