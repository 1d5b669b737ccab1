//! What it costs to start a thread, and a process by each start method: fork, spawn, forkserver. On CPython 3.14 and later also a
//! sub-interpreter, which is between the two: a thread of the same process, with a GIL of its own.
//!
//! Rust's library has no `fork`. A process is this program, started anew (spawn), or forked from a server that was (forkserver).
//!
//! Article: 멀티프로세싱, 특징. Run: `cargo run -p multiprocessing -- start-methods`. Python twin: `python/start_methods.py`.

pub mod report;

use std::thread;
use std::time::Instant;

use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::machine::Watch;
use lab::python::{self, Interpreter};
use lab::report::{Front, Measure, Report, Unit};
use lab::{Error, Result, text, twin_script};
use process_pool::{Pool, Start};

use crate::pool_errors::{self, Bilingual, task_error};
use crate::work::COUNT;
use report::{GUARD, INTERPRETERS, START};

/// What is started, from start to end.
struct Kind {
    id: &'static str,
    name: Text,
    live: fn() -> Result<()>,
}

fn kinds() -> [Kind; 3] {
    [
        Kind { id: "thread", name: text!("스레드", "thread"), live: thread_life },
        Kind { id: "spawn", name: text!("프로세스(spawn)", "process (spawn)"), live: || process_life(Start::Exec) },
        Kind {
            id: "forkserver",
            name: text!("프로세스(forkserver)", "process (forkserver)"),
            live: || process_life(Start::Fork),
        },
    ]
}

// ANCHOR: lives
fn thread_life() -> Result<()> {
    let thread = thread::Builder::new().spawn(|| ()).map_err(|e| Error::no_thread(&e))?;
    thread.join().map_err(|_| Error::failed(text!("스레드가 패닉했습니다.", "the thread panicked.")))
}

/// A worker process starts, does a task that is almost nothing, and is ended.
fn process_life(start: Start) -> Result<()> {
    let pool = Pool::builder().workers(1).start(start).build().map_err(pool_errors::failed)?;
    pool.call(&COUNT, &1).map(drop).map_err(|failure| task_error(0, &failure.text()))
}
// ANCHOR_END: lives

pub fn command() -> Experiment {
    let mut options = Options::new();
    let rounds = options.rounds(3);
    let about = text!("계산하는 파이썬 둘의 덧셈 횟수", "additions of each of two that compute in Python");
    let iterations = options.count("iterations", 1..=1_000_000_000, 4_000_000, about);
    options.for_twins(iterations);
    let about = text!(
        "스레드, 서브 인터프리터, 프로세스(fork, spawn, forkserver)를 시작하는 비용",
        "what starting a thread, a sub-interpreter, a process costs (fork, spawn, forkserver)"
    );
    Experiment::new("start-methods", about, options, move |a| run(a.get(rounds), a.get(iterations), a.pythons()))
}

/// Starts each in turn, `rounds` times, here and on CPython.
pub fn run(rounds: usize, iterations: u64, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("multiprocessing/start-methods");
    report.measures = measure(rounds)?;
    report.verdicts.push(report::judge_start(Text::same("Rust"), &report));
    let (watch, args) = (Watch::start(), [rounds.to_string(), iterations.to_string()]);
    let claims = [START, INTERPRETERS, GUARD];
    python::join(&mut report, pythons, twin_script!("start_methods"), &args, &claims, |python, twin| {
        let guard = report::judge_guard(python, twin);
        vec![report::judge_twin(python, twin), report::judge_interpreters(python, twin, watch.foreign()), guard]
    });
    report.tables = report::tables(&report, pythons);
    report.front = vec![Front::Table(0)];
    report.shows = report::shows(&report);
    report.notes.splice(0..0, report::notes());
    Ok(report)
}

/// The first of each kind apart, because the first of a server's processes waits for the server; then all in turn.
fn measure(rounds: usize) -> Result<Vec<Measure>> {
    let kinds = kinds();
    let time = |kind: &Kind| -> Result<f64> {
        let begin = Instant::now();
        (kind.live)()?;
        Ok(begin.elapsed().as_nanos() as f64)
    };
    let first: Vec<f64> = kinds.iter().map(time).collect::<Result<_>>()?;
    // The fork server lives as long as any pool does.
    let _server = Pool::builder().workers(1).start(Start::Fork).build().map_err(pool_errors::failed)?;
    let mut samples = vec![Vec::new(); kinds.len()];
    for _ in 0..rounds {
        for (samples, kind) in samples.iter_mut().zip(&kinds) {
            samples.push(time(kind)?);
        }
    }
    let name = |Text { ko, en }: &Text| {
        (
            text!("{ko}: 처음 하나의 시작에서 끝", "{en}: the first, from start to end"),
            text!("{ko}: 시작에서 끝", "{en}: from start to end"),
        )
    };
    let measures = kinds.iter().zip(first).zip(samples).flat_map(|((kind, first), samples)| {
        let (once, each) = name(&kind.name);
        [
            Measure::new(format!("first.{}", kind.id), once, Unit::Ns, vec![first]),
            Measure::new(format!("start.{}", kind.id), each, Unit::Ns, samples),
        ]
    });
    Ok(measures.collect())
}
