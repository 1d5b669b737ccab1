//! The CPython twin: finds interpreters, runs the Python version of an experiment under a time limit, reads its report.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;

use crate::claims::Verdict;
use crate::error::{Error, Result};
use crate::lang::Text;
use crate::process::{self, lifeline};
use crate::report::{Measure, Report};
use crate::text;
use crate::trace::Trace;

/// Time in which an interpreter must tell what it is.
const INTRODUCTION: Duration = Duration::from_secs(10);

/// Asks an interpreter what it is. `_is_gil_enabled` came with 3.13; before it, every CPython has a GIL.
const WHO_ARE_YOU: &str = "import sys, json, platform
gil = getattr(sys, '_is_gil_enabled', None)
name = platform.python_implementation()
print(json.dumps({'name': name, 'version': list(sys.version_info[:3]), 'gil': gil() if gil else name in ('CPython', 'PyPy')}))";

/// A Python that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// The program, as it was given.
    pub path: PathBuf,
    /// What it calls itself: CPython, PyPy, Jython.
    pub implementation: String,
    /// Major, minor, micro.
    pub version: [u32; 3],
    /// Whether it runs with a GIL.
    pub gil: bool,
}

impl Interpreter {
    /// The interpreter in the id of a measurement: "cpython-3.11.7", "cpython-3.13.0-free-threaded".
    pub fn id(&self) -> String {
        self.to_string().to_lowercase().replace(' ', "-")
    }

    /// The id under which [`join`] puts a measurement of this interpreter into the report.
    pub fn measure_id(&self, id: &str) -> String {
        format!("{}.{id}", self.id())
    }
}

/// "CPython 3.11.7", and "free-threaded" behind it where there is no GIL in a CPython.
impl fmt::Display for Interpreter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, micro] = self.version;
        write!(f, "{} {major}.{minor}.{micro}", self.implementation)?;
        if !self.gil && self.implementation == "CPython" {
            f.write_str(" free-threaded")?;
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Introduction {
    name: String,
    version: [u32; 3],
    gil: bool,
}

/// The interpreters to work with: those given, each of which must be a Python; else `python3`, if there is one.
pub fn find(given: &[PathBuf]) -> Result<Vec<Interpreter>> {
    if given.is_empty() {
        return Ok(introduce(Path::new("python3")).into_iter().collect());
    }
    given
        .iter()
        .map(|path| {
            introduce(path).map_err(|why| {
                let path = path.display();
                Error::usage(Text {
                    ko: format!("--python {path}: 파이썬이 아닙니다: {}. 파이썬 실행 파일의 경로를 주십시오.", why.ko),
                    en: format!("--python {path}: not a Python: {}. Give the path of a Python interpreter.", why.en),
                })
            })
        })
        .collect()
}

fn introduce(path: &Path) -> Result<Interpreter, Text> {
    let out = run_guarded(path, &["-c".into(), WHO_ARE_YOU.into()], INTRODUCTION)?;
    let introduction: Introduction = serde_json::from_str(out.trim())
        .map_err(|_| text!("자신의 버전을 말하지 않습니다", "it does not tell its version"))?;
    Ok(Interpreter {
        path: path.to_owned(),
        implementation: introduction.name,
        version: introduction.version,
        gil: introduction.gil,
    })
}

/// Runs a twin and reads the one JSON object that it prints, a [`Report`]. The reason, in words, if there is none.
pub fn run(python: &Interpreter, script: &Path, args: &[String], limit: Duration) -> Result<Report, Text> {
    if !script.is_file() {
        let script = script.display();
        return Err(text!("{script} 파일이 없습니다", "there is no file {script}"));
    }
    let mut all: Vec<OsString> = vec![script.into()];
    all.extend(args.iter().map(OsString::from));
    let out = run_guarded(&python.path, &all, limit)?;
    serde_json::from_str(&out).map_err(|e| {
        let script = script.display();
        text!("{script}의 출력을 읽을 수 없습니다: {e}", "cannot read what {script} printed: {e}")
    })
}

/// A twin that takes longer than this has hung.
pub const LIMIT: Duration = Duration::from_secs(120);

/// Runs the twin on every interpreter and puts its lanes and measurements into the report, under the interpreter's name.
///
/// `judge` gives the verdicts on what one interpreter showed. Where a twin could not run, and where there is no interpreter at
/// all, each of `claims` becomes a verdict "not measured" that says why.
pub fn join(
    report: &mut Report,
    pythons: &[Interpreter],
    script: &Path,
    args: &[String],
    claims: &[&str],
    mut judge: impl FnMut(&Interpreter, &Report) -> Vec<Verdict>,
) {
    if pythons.is_empty() {
        let why = text!("파이썬 없이 실행했습니다", "no Python in this run");
        not_measured(report, "CPython", claims, &why);
    }
    for python in pythons {
        match run(python, script, args, LIMIT) {
            Ok(twin) => {
                report.verdicts.extend(judge(python, &twin));
                report.traces.extend(twin.traces.into_iter().map(|t| Trace { title: by(python, &t.title), ..t }));
                report.measures.extend(twin.measures.into_iter().map(|m| Measure {
                    id: python.measure_id(&m.id),
                    name: by(python, &m.name),
                    ..m
                }));
                report.notes.extend(twin.notes.iter().map(|note| by(python, note)));
            }
            Err(why) => not_measured(report, &python.to_string(), claims, &why),
        }
    }
}

/// Says what was not measured, and why: in verdicts, or in a note where there are no claims.
fn not_measured(report: &mut Report, on: &str, claims: &[&str], why: &Text) {
    report.verdicts.extend(claims.iter().map(|claim| Verdict::not_measured(claim, on, why.clone())));
    if claims.is_empty() {
        report.notes.push(Text {
            ko: format!("{on}: 측정하지 않음: {}", why.ko),
            en: format!("{on}: not measured: {}", why.en),
        });
    }
}

fn by(python: &Interpreter, text: &Text) -> Text {
    Text { ko: format!("{python}: {}", text.ko), en: format!("{python}: {}", text.en) }
}

/// Like [`run`], but of this program itself: runs it as a child with these arguments and reads the report that it prints. What is
/// compared with Python runs as Python does, in a process of its own.
pub fn own(args: &[String], limit: Duration) -> Result<Report, Text> {
    let out = process::run_limited(limit, |lifeline| {
        let mut command = Command::new(env::current_exe()?);
        command.args(args).stdin(lifeline);
        Ok(command)
    })?;
    serde_json::from_str(&out).map_err(|e| text!("출력을 읽을 수 없습니다: {e}", "cannot read what it printed: {e}"))
}

/// Runs a program under guard and returns what it printed. When the time is up, it and all its children are killed.
fn run_guarded(program: &Path, args: &[OsString], limit: Duration) -> Result<String, Text> {
    process::run_limited(limit, |lifeline| {
        let mut command = lifeline::guarded(env::current_exe()?.into(), program.into(), lifeline);
        command.args(args).env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONIOENCODING", "utf-8");
        Ok(command)
    })
}

/// The path of a twin script of the calling crate: `python/NAME.py`.
#[macro_export]
macro_rules! twin_script {
    ($name:literal) => {
        ::std::path::Path::new(::std::concat!(::std::env!("CARGO_MANIFEST_DIR"), "/python/", $name, ".py"))
    };
}
