//! Native code: two threads of it run in parallel only if it releases the GIL.
//!
//! Article: 요약, "C 확장 라이브러리". Run: `cargo run -p gil-sim -- native`. Python twin: `python/native.py`.

mod cases;
mod report;

use std::time::Duration;

use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::cores_used::{self, CoresUsed};
use lab::lang::Text;
use lab::machine::Watch;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Measure, Report};
use lab::trace::{State, Trace};
use lab::{Result, text, twin_script};

use crate::convoy::workload::window;
use crate::options;
use cases::{CALLS, Case, DRAWN, SIMULATED, THREADS};
use report::{IDS, loop_in_native, measure, notes, shows, table, title};

pub use cases::{real, simulated};

/// The claim that native code makes threads parallel. It says "can", so each case has a verdict of its own.
const PARALLEL: &str = "native-code-parallel";

/// `gil-sim native`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let seconds = options::seconds(&mut options, 0.4);
    Experiment::new(
        "native",
        text!(
            "GIL을 해제하는 네이티브 코드와 쥔 채 실행되는 네이티브 코드",
            "native code that releases the GIL, and native code that holds it"
        ),
        options,
        move |a| run(a.get(seconds), a.pythons()),
    )
}

/// Two threads call native code for so long in each case.
pub fn run(lasting: Duration, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("gil-sim/native");
    let mut cases = Vec::new();
    for lets_go in [true, false] {
        let (trace, used) = CoresUsed::during(|| real(lets_go, lasting));
        let trace = trace?;
        report.verdicts.push(used.parallel(PARALLEL, on("Rust + GIL", lets_go)));
        report.traces.push(Trace { title: title("Rust + GIL", lets_go), ..window(&trace, 0, DRAWN) });
        let what = loop_in_native();
        cases.push(Case { on: Text::same("Rust + GIL"), what, lets_go, cores: used.cores });
    }
    for lets_go in [true, false] {
        let trace = simulated(lets_go);
        let cores = trace.mean_in_flight(State::Running) + trace.mean_in_flight(State::Native);
        // In virtual time no other program uses the cores.
        let holds = cores > cores_used::PARALLEL;
        report.verdicts.push(Verdict::seen(PARALLEL, on("gil-sim", lets_go), holds, cores_used::evidence(cores)));
        report.traces.push(Trace { title: title("simulator", lets_go), ..trace });
        let what = Text::same(unit::duration(SIMULATED as f64));
        cases.push(Case { on: text!("시뮬레이터", "simulator"), what, lets_go, cores: Some(cores) });
    }
    let args = [THREADS.to_string(), lasting.as_secs_f64().to_string()];
    let mut watch = Watch::start();
    python::join(&mut report, pythons, twin_script!("native"), &args, &[PARALLEL], |python, twin| {
        let foreign = watch.foreign();
        watch = Watch::start();
        cases.extend(CALLS.iter().map(|call| on_python(python, twin, call)));
        CALLS.iter().map(|(id, call, _)| verdict(python, twin, id, call, foreign)).collect()
    });
    report.measures.extend(cases.iter().take(4).zip(IDS).filter_map(|(case, id)| measure(case, id)));
    report.measures_in_tables = true;
    report.tables = vec![table(&cases)];
    report.notes.extend(notes(lasting));
    report.shows = shows(&cases);
    Ok(report)
}

fn on(judge: &str, lets_go: bool) -> Text {
    match lets_go {
        true => text!("{judge} (GIL을 해제함)", "{judge} (releases the GIL)"),
        false => text!("{judge} (GIL을 쥠)", "{judge} (holds the GIL)"),
    }
}

fn cores(twin: &Report, id: &str) -> Option<f64> {
    twin.measure(&format!("cores.{id}")).map(Measure::median)
}

fn on_python(python: &Interpreter, twin: &Report, (id, call, lets_go): &(&str, &str, bool)) -> Case {
    Case { on: Text::same(python.to_string()), what: Text::same(*call), lets_go: *lets_go, cores: cores(twin, id) }
}

fn verdict(python: &Interpreter, twin: &Report, id: &str, call: &str, foreign: Option<f64>) -> Verdict {
    let on = format!("{python}, {call}");
    if let Some(why) = python.why_no_gil() {
        // Without a GIL threads are parallel whatever they call: it would not be the native code's doing.
        return Verdict::not_measured(PARALLEL, on, why);
    }
    match (cores(twin, id), twin.measure(&format!("wall.{id}"))) {
        (cores @ Some(_), Some(wall)) => CoresUsed { cores, wall: wall.median(), foreign }.parallel(PARALLEL, on),
        _ => Verdict::not_measured(
            PARALLEL,
            on,
            text!("파이썬 대응 프로그램이 측정하지 않았습니다", "the twin did not measure it"),
        ),
    }
}
