//! The same loop in native code that holds the GIL, and in native code that releases it; two threads call it.
//!
//! Article: 요약, "C 확장 라이브러리". Run: `cargo run -p native`. Python twin: `python/release.py`.

mod report;
mod rust;

use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::cores_used;
use lab::lang::Text;
use lab::machine::{self, Watch};
use lab::python::{self, Interpreter, by, measured_by};
use lab::report::{Front, Measure, Report, Unit};
use lab::trace::{State, Trace};
use lab::{Result, text, twin_script};

use crate::interpreters;
use crate::overlap;
use crate::questions;
use report::{Row, shows, table};

/// The claim that native code makes threads parallel. It says "can", so both kinds have a verdict of their own.
pub const PARALLEL: &str = "native-code-parallel";

/// The two kinds of native code: the id in measurements, the state of its spans, and what it does with the GIL.
pub const KINDS: [(&str, State, bool); 2] = [("holding", State::Running, false), ("releasing", State::Native, true)];

/// `cargo run -p native`, and `-- release`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!("네이티브 코드 호출 한 번이 세는 횟수", "iterations of the loop in one call of native code");
    let iterations = options.count("iterations", 1_000..=1_000_000_000, 40_000_000, about);
    let about = text!("스레드마다 호출하는 최소 횟수", "each thread makes at least so many calls");
    let calls = options.size("calls", 2..=100, 4, about);
    let about = text!(
        "GIL을 쥔 네이티브 코드와 GIL을 해제하는 네이티브 코드",
        "native code that holds the GIL, and native code that releases it"
    );
    Experiment::new("release", about, options, move |a| run(a.get(iterations), a.get(calls), a.pythons()))
        .asks(|_| questions::all())
}

/// Two threads call the loop, in Rust and on every interpreter.
pub fn run(iterations: u64, calls: usize, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("native/release");
    let mut rows = Vec::new();
    let args = [iterations.to_string(), calls.to_string()];
    if pythons.is_empty() {
        let why = python::none_in_this_run();
        report.verdicts.push(Verdict::not_measured(PARALLEL, "CPython", why));
    }
    for python in interpreters::all(pythons) {
        let watch = Watch::start();
        match interpreters::ask(&python, twin_script!("release"), &args) {
            Ok(twin) => {
                let kinds = KINDS.into_iter().zip(&twin.traces);
                for ((id, state, releases), trace) in kinds {
                    let row = Row::of(&python, &twin, id, overlap::share(trace, state), releases);
                    report.verdicts.push(verdict(&python, &row, watch.foreign()));
                    rows.push(row);
                    report.traces.push(Trace { title: by(&python, &trace.title), ..trace.clone() });
                }
                report.measures.extend(twin.measures.into_iter().map(|m| measured_by(&python, m)));
            }
            Err(why) => report.verdicts.push(Verdict::not_measured(PARALLEL, python.to_string(), why)),
        }
    }
    for row in &rows {
        let name = by(&row.python, &row.overlap_name());
        let id = row.python.measure_id(&format!("overlap.{}", row.id));
        report.measures.push(Measure::new(id, name, Unit::Share, vec![row.overlap]));
    }
    report.traces.push(rust::run(iterations, calls)?);
    // The pair of the interpreter that the reader uses; without one, the threads of Rust.
    report.front = if rows.is_empty() { vec![Front::Trace(0)] } else { vec![Front::Trace(0), Front::Trace(1)] };
    report.front_verdicts = Some(report.verdicts.len().min(2));
    if !rows.is_empty() {
        report.tables.push(table(&rows));
        report.measures_in_tables = true;
    }
    report.shows = shows(rows.get(..2));
    report.notes.extend(report::notes(iterations));
    Ok(report)
}

fn verdict(python: &Interpreter, row: &Row, foreign: Option<f64>) -> Verdict {
    let on = match row.releases {
        true => text!("{python} (GIL을 해제함)", "{python} (releases the GIL)"),
        false => text!("{python} (GIL을 쥠)", "{python} (holds the GIL)"),
    };
    let not_measured = |why: Text| Verdict::not_measured(PARALLEL, on.clone(), why);
    if let Some(why) = python.why_no_gil() {
        // Without a GIL threads are parallel whatever they call: it would not be the native code's doing.
        return not_measured(why);
    }
    if machine::cores() < 2 {
        return not_measured(text!("코어가 하나뿐입니다", "there is only one core"));
    }
    let parallel = row.overlap > overlap::OVERLAP;
    // Spans that do not meet prove nothing on a machine that may not have run both threads; spans under the GIL cannot meet at all.
    if let Some(why) = cores_used::too_busy(foreign).filter(|_| row.releases && !parallel) {
        return not_measured(why);
    }
    Verdict::seen(PARALLEL, on, parallel, row.evidence())
}
