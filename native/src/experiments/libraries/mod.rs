//! Real libraries: which of their calls release the GIL. The standard library, Pillow, NumPy, PyTorch and TensorFlow, where they are.
//!
//! Article: 요약, "C 확장 라이브러리". Run: `cargo run -p native -- libraries`. Python twin: `python/libraries.py`.

mod call;
mod report;

use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::machine;
use lab::python::{self, Interpreter};
use lab::report::{Front, Measure, Report};
use lab::{Result, text, twin_script};

use crate::environment::Library;
use call::{Call, Gil};
use report::{notes, shows, tables};

/// The claim on the libraries that the article names.
const NAMED: &str = "named-libraries-parallel";
/// The claim on native code in general.
const PARALLEL: &str = "native-code-parallel";

/// `native libraries`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!("스레드마다 호출하는 최소 횟수", "each thread makes at least so many calls");
    let calls = options.size("calls", 2..=100, 3, about);
    let about = text!(
        "NumPy, PyTorch, TensorFlow와 표준 라이브러리: 어느 호출이 GIL을 해제하는가",
        "NumPy, PyTorch, TensorFlow, the standard library: which calls release the GIL"
    );
    Experiment::new("libraries", about, options, move |a| run(a.get(calls), a.pythons()))
}

/// Two threads make each call, on the interpreters and in the environments that `native setup` made.
pub fn run(calls: usize, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("native/libraries");
    let mut all = Vec::new();
    let mut missing = Vec::new();
    for python in pythons {
        let name = python.to_string();
        ask(&mut report, &mut all, python, &name, &[calls.to_string()], &mut missing);
    }
    // Without a Python the reader wants none, also not from an environment.
    let wanted = Library::ALL.into_iter().filter(|_| !pythons.is_empty());
    let absent = wanted.filter(|library| all.iter().all(|call: &Call| call.library != library.name()));
    let absent: Vec<Library> = absent.collect();
    for library in absent {
        let Some(python) = library.python() else {
            report.verdicts.push(Verdict::not_measured(NAMED, library.name(), library.how_to_get_it()));
            continue;
        };
        let (name, args) = (format!("{python} ({})", library.word()), [calls.to_string(), library.name().to_owned()]);
        ask(&mut report, &mut all, &python, &name, &args, &mut missing);
    }
    if pythons.is_empty() {
        let why = python::none_in_this_run();
        report.verdicts.extend([NAMED, PARALLEL].map(|claim| Verdict::not_measured(claim, "CPython", why.clone())));
    }
    // What could not be measured stands before the table, which shows everything else.
    report.front_verdicts = Some(report.verdicts.len());
    report.verdicts.extend(all.iter().map(verdict));
    report.tables = tables(&all);
    report.front = (0..report.tables.len()).map(Front::Table).collect();
    report.measures_in_tables = true;
    report.shows = shows(&all);
    report.notes = notes(&missing);
    Ok(report)
}

/// Runs the twin and takes the calls out of its report.
fn ask(
    report: &mut Report,
    all: &mut Vec<Call>,
    python: &Interpreter,
    name: &str,
    args: &[String],
    missing: &mut Vec<String>,
) {
    match python::run(python, twin_script!("libraries"), args, python::LIMIT) {
        Ok(twin) => {
            all.extend(call::of(&twin, name, python.gil));
            // A library that is not there is told with the way to get it; what failed otherwise is told as it is.
            missing.extend(twin.lines.iter().filter(|line| line.contains(':')).map(|line| format!("{name}: {line}")));
            let id = name.to_lowercase().replace([' ', '(', ')'], "-");
            report.measures.extend(twin.measures.into_iter().map(|measure| Measure {
                id: format!("{id}.{}", measure.id),
                name: Text { ko: format!("{name}: {}", measure.name.ko), en: format!("{name}: {}", measure.name.en) },
                ..measure
            }));
        }
        Err(why) => {
            let claims = [NAMED, PARALLEL].map(|claim| Verdict::not_measured(claim, name, why.clone()));
            report.verdicts.extend(claims);
        }
    }
}

fn verdict(call: &Call) -> Verdict {
    let named = Library::ALL.iter().any(|library| library.name() == call.library);
    let claim = if named { NAMED } else { PARALLEL };
    let (on, Text { ko, en }) = (&call.on, &call.name);
    let on = text!("{on}, {ko}", "{on}, {en}");
    if call.has_gil != Some(true) {
        return Verdict::not_measured(claim, on, text!("GIL이 없습니다", "it has no GIL"));
    }
    if machine::cores() < 2 {
        return Verdict::not_measured(claim, on, text!("코어가 하나뿐입니다", "there is only one core"));
    }
    let shown = crate::overlap::shown(call.overlap);
    let evidence = text!("두 스레드의 호출이 {shown} 겹침", "the calls of two threads overlap by {shown}");
    match call.gil() {
        Gil::InPart => Verdict::not_measured(claim, on, evidence),
        gil => Verdict::seen(claim, on, gil == Gil::Released, evidence),
    }
}
