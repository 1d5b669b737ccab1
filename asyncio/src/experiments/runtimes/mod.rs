//! tokio, async-std and smol side by side: sleeping tasks and on how many threads they ran, memory for each, and three small operations.
//!
//! Article: asyncio. Run: `cargo run -p asyncio -- runtimes --tasks 1000`. Python twins: `python/article.py`, with a number of tasks,
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
use crate::overlap::{self, CLAIM, Home};
use crate::programs::{self, PROGRAMS, Program};
use microbench::Operation;
use report as page;
pub(crate) use row::WEIGHED;
pub use row::lanes;
use row::{ROUNDS, Row, most};

/// `cargo run -p asyncio -- runtimes`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let tasks = options.size("tasks", 1..=100_000, 5, text!("태스크 수", "how many tasks"));
    let pause =
        options.seconds("seconds", 0.0..=60.0, 0.3, text!("한 태스크가 기다리는 시간", "how long a task waits"));
    let about = text!("양보, 채널, 에코 횟수", "yields, messages and echoes");
    let iterations = options.size("iterations", 1..=1_000_000, 2000, about);
    let about = text!("같은 태스크를 tokio, async-std, smol에서 나란히", "the same tasks on tokio, async-std and smol");
    Experiment::new("runtimes", about, options, move |a| {
        run(a.get(tasks), a.get(pause), a.get(iterations), a.pythons())
    })
}

/// Lets `tasks` tasks sleep for `pause` on each runtime in turn, runs `times` of each operation, and all of it on CPython.
pub fn run(tasks: usize, pause: Duration, times: usize, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("asyncio/runtimes");
    programs::threads_can_be_had()?;
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
    report.measures.extend(rows.iter().flat_map(Row::measures));
    let args = [pause.as_secs_f64().to_string(), tasks.to_string(), ROUNDS.to_string()];
    report.traces.extend(rows.into_iter().map(|row| row.trace));
    python::join(&mut report, pythons, twin_script!("article"), &args, &[CLAIM], |python, twin| {
        let threads = twin.measure("threads").map(|measure| most(&measure.samples));
        twin.traces.iter().map(|trace| overlap::judge(&python.to_string(), trace, Home::OneThread, threads)).collect()
    });
    let args = [times.to_string(), ROUNDS.to_string()];
    python::join(&mut report, pythons, twin_script!("runtimes"), &args, &[], |_, _| Vec::new());
    weigh(&mut report, pythons);
    report.tables = vec![page::together(&report, pythons), page::operations(&report, pythons)];
    // All runtimes draw the same picture: the table tells them apart.
    report.front = vec![Front::Table(0)];
    report.measures_in_tables = true;
    report.notes = page::notes(pause, times, foreign).into_iter().chain(report.notes).collect();
    Ok(report)
}

/// Memory for each task, each runtime in a fresh process: see `million`.
fn weigh(report: &mut Report, pythons: &[Interpreter]) {
    let mut all: Vec<(String, million::Rows)> = Vec::new();
    for Program { id, .. } in PROGRAMS {
        let sleeper = measure::Sleeper::from_id(id).expect("both name the same runtimes");
        all.push((format!("bytes.{id}"), million::one_in_rust(sleeper, WEIGHED)));
    }
    for python in pythons {
        let prefix = python.measure_id("");
        all.push((format!("{prefix}bytes"), million::one_on_python(python, WEIGHED)));
    }
    for (id, rows) in all {
        let name = &rows.name.en;
        let what = text!("{name}: 태스크 하나의 메모리", "{name}: memory for each task");
        let row = rows.rows.first();
        report.measures.extend(row.map(|row| Measure::new(id, what, Unit::Bytes, vec![row.bytes])));
        report.notes.extend(rows.refusal());
    }
}
