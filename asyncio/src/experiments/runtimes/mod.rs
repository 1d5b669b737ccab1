//! tokio, async-std and smol side by side: sleeping tasks and the threads they ran on, memory per task, and three small operations.
//!
//! Article: asyncio. Run: `cargo run -p asyncio -- runtimes --tasks 1000`. Python twins: `python/article.py` with a number of tasks,
//! `python/runtimes.py` and `python/million.py`.

pub mod microbench;
mod report;
mod row;

use std::time::Duration;

use lab::cli::{Experiment, Options};
use lab::machine::Watch;
use lab::python::{self, Interpreter};
use lab::report::{Front, Measure, Report, Unit};
use lab::{Result, text, twin_script};

use super::million;
use super::million::measure;
use crate::overlap::{self, CLAIM, ONE_THREAD, ThreadModel};
use crate::programs::{self, PROGRAMS, Program};
use crate::questions;
use microbench::Operation;
use report as page;
pub(crate) use row::MEMORY_TASKS;
pub use row::lanes;
use row::{ROUNDS, Row, most};

/// `cargo run -p asyncio -- runtimes`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let tasks = options.size("tasks", 1..=100_000, 5, text!("태스크 수", "number of tasks"));
    let pause =
        options.seconds("seconds", 0.0..=60.0, 0.3, text!("태스크 하나가 기다리는 시간", "how long each task waits"));
    let about = text!("양보, 채널 왕복, 에코 횟수", "number of yields, channel round trips and echoes");
    let iterations = options.size("iterations", 1..=1_000_000, 2000, about);
    let about =
        text!("같은 태스크를 tokio, async-std, smol에서 실행해 비교", "the same tasks on tokio, async-std and smol");
    Experiment::new("runtimes", about, options, move |a| {
        run(a.get(tasks), a.get(pause), a.get(iterations), a.pythons())
    })
    .asks(|_| questions::for_runtimes())
}

/// Runs `tasks` tasks that sleep for `pause`, and `times` of each operation, on each runtime in turn and then on CPython.
pub fn run(tasks: usize, pause: Duration, times: usize, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("asyncio/runtimes");
    programs::check_threads_available()?;
    let watch = Watch::start();
    let mut rows = PROGRAMS.map(Row::new);
    for _ in 0..ROUNDS {
        for row in &mut rows {
            row.run_once(tasks, pause)?;
        }
        for operation in Operation::ALL {
            for row in &mut rows {
                row.operations.push((operation, microbench::run(row.program.id, operation, times)?));
            }
        }
    }
    let foreign = watch.foreign();
    report.shows = page::shows(tasks, pause, &rows);
    report.verdicts.extend(rows.iter().map(Row::verdict));
    report.verdicts.extend(rows.iter().filter_map(Row::one_thread));
    report.measures.extend(rows.iter().flat_map(Row::measures));
    let args = [pause.as_secs_f64().to_string(), tasks.to_string(), ROUNDS.to_string()];
    report.traces.extend(rows.into_iter().map(|row| row.trace));
    python::join(&mut report, pythons, twin_script!("article"), &args, &[CLAIM, ONE_THREAD], |python, twin| {
        let threads = twin.measure("threads").map(|measure| most(&measure.samples));
        let on = python.to_string();
        let judge = |trace| overlap::judge(&on, trace, ThreadModel::OneThread, threads);
        let mut verdicts: Vec<_> = twin.traces.iter().map(judge).collect();
        verdicts.extend(threads.map(|threads| overlap::one_thread(&on, tasks, threads)));
        verdicts
    });
    let args = [times.to_string(), ROUNDS.to_string()];
    python::join(&mut report, pythons, twin_script!("runtimes"), &args, &[], |_, _| Vec::new());
    page::draw_once(&mut report, tasks);
    measure_memory(&mut report, pythons);
    report.tables = vec![page::together(&report, pythons), page::operations(&report, pythons)];
    // The table shows the differences.
    report.front = vec![Front::Table(0)];
    report.measures_in_tables = true;
    report.notes = page::notes(pause, times, foreign).into_iter().chain(report.notes).collect();
    Ok(report)
}

/// Measures the memory per task, each runtime in a new process; see `million`.
fn measure_memory(report: &mut Report, pythons: &[Interpreter]) {
    let mut all: Vec<(String, million::Rows)> = Vec::new();
    for Program { id, .. } in PROGRAMS {
        let sleeper = measure::Sleeper::from_id(id).expect("both modules use the same ids");
        all.push((format!("bytes.{id}"), million::one_in_rust(sleeper, MEMORY_TASKS)));
    }
    for python in pythons {
        let prefix = python.measure_id("");
        all.push((format!("{prefix}bytes"), million::one_on_python(python, MEMORY_TASKS)));
    }
    for (id, rows) in all {
        let name = &rows.name.en;
        let what = text!("{name}: 태스크 하나의 메모리", "{name}: memory per task");
        let row = rows.rows.first();
        report.measures.extend(row.map(|row| Measure::new(id, what, Unit::Bytes, vec![row.bytes])));
        report.notes.extend(rows.refusal());
    }
}
