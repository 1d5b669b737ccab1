//! The CPython twin: finds interpreters, runs the Python version of an experiment under a time limit, reads its report.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::claims::Verdict;
use crate::error::{Error, Result};
use crate::lang::Text;
use crate::process::{self, lifeline};
use crate::render::quote;
use crate::report::{Measure, Report};
use crate::terminal;
use crate::text;
use crate::trace::Trace;

/// The interpreter where none is given.
const DEFAULT: &str = "python3";

/// Time in which an interpreter must tell what it is.
const INTRODUCTION: Duration = Duration::from_secs(30);

/// Asks an interpreter what it is, in a JSON object that needs no module `json`, from Python 2.7 on.
///
/// Whether there is a GIL: `sys._is_gil_enabled` tells where it exists (CPython 3.13 and later, RustPython); the implementations
/// that have no such function are known by name. Any other one is measured: two threads that count take about as long as one where
/// they run in parallel, and twice as long under a GIL. Between the two, and on one core, it stays unknown.
const WHO_ARE_YOU: &str = r#"
import platform, sys, threading, time

def count(n):
    while n:
        n -= 1

def measured():
    try:
        import os
        if len(os.sched_getaffinity(0)) < 2:
            return None
    except Exception:
        pass
    clock = getattr(time, 'perf_counter', time.time)
    def seconds(threads, n):
        all = [threading.Thread(target=count, args=(n,)) for _ in range(threads)]
        start = clock()
        for thread in all:
            thread.start()
        for thread in all:
            thread.join()
        return clock() - start
    n = 100000
    while seconds(1, n) < 0.1:
        n *= 2
    ratio = min(seconds(2, n) for _ in range(5)) / min(seconds(1, n) for _ in range(5))
    return False if ratio < 1.4 else True if ratio > 1.7 else None

name = platform.python_implementation()
ask = getattr(sys, '_is_gil_enabled', None)
known = {'CPython': True, 'PyPy': True, 'GraalVM': True, 'GraalPy': True, 'Jython': False, 'IronPython': False, 'RustPython': False}
gil = ask() if ask else known[name] if name in known else measured()
word = {True: 'true', False: 'false', None: 'null'}[gil]
print('{"name": "%s", "version": [%d, %d, %d], "gil": %s}' % ((name,) + tuple(sys.version_info[:3]) + (word,)))
"#;

/// A Python that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// The program, as it was given.
    pub path: PathBuf,
    /// What it calls itself: CPython, PyPy, Jython.
    pub implementation: String,
    /// Major, minor, micro.
    pub version: [u32; 3],
    /// Whether it runs with a GIL; `None` if that is not known.
    pub gil: Option<bool>,
}

impl Interpreter {
    /// The interpreter in the id of a measurement: "cpython-3.11.7", "cpython-3.13.0-free-threaded".
    pub fn id(&self) -> String {
        self.to_string().to_lowercase().replace(' ', "-")
    }

    /// Why a claim about the GIL cannot be measured on this interpreter; `None` if it has one.
    pub fn why_no_gil(&self) -> Option<Text> {
        match self.gil {
            Some(true) => None,
            Some(false) => Some(text!("GIL이 없습니다", "it has no GIL")),
            None => Some(unknown_gil()),
        }
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
        if self.gil == Some(false) && self.implementation == "CPython" {
            f.write_str(" free-threaded")?;
        }
        Ok(())
    }
}

/// Why nothing can be claimed of an interpreter whose [`Interpreter::gil`] is not known.
pub(crate) fn unknown_gil() -> Text {
    text!("이 구현에 GIL이 있는지 알 수 없습니다", "whether this implementation has a GIL is unknown")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Introduction {
    name: String,
    version: [u32; 3],
    gil: Option<bool>,
}

/// The interpreters to work with: those given, each of which must be a Python; else `python3`, if there is one. One that is there
/// and does not work is named on standard error, and the run goes on without it.
pub fn find(given: &[PathBuf]) -> Result<Vec<Interpreter>> {
    if given.is_empty() {
        return Ok(find_default(DEFAULT, &text!("파이썬", "Python")).into_iter().collect());
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

/// For twins that run on Python 2.7: beside the default interpreter also `jython`, if it is on the PATH. Who chose interpreters, or
/// none, gets those that were chosen.
pub fn with_jython(given: &[Interpreter]) -> Vec<Interpreter> {
    let is_default = !given.is_empty() && given.iter().all(|python| python.path == Path::new(DEFAULT));
    let jython = if is_default { find_default("jython", &Text::same("Jython")) } else { None };
    given.iter().cloned().chain(jython).collect()
}

fn find_default(name: &str, known_as: &Text) -> Option<Interpreter> {
    let name = Path::new(name);
    let folders = env::var_os("PATH")?;
    let there =
        env::split_paths(&folders).any(|folder| folder.join(name).with_extension(env::consts::EXE_EXTENSION).is_file());
    if !there {
        return None;
    }
    let complain = |why: Text| {
        let name = name.display();
        terminal::complain(&Text {
            ko: format!("{name}: 쓸 수 없어 {} 없이 진행합니다: {}", known_as.ko, why.ko),
            en: format!("{name}: cannot be used, going on without {}: {}", known_as.en, why.en),
        });
    };
    introduce(name).map_err(complain).ok()
}

fn introduce(path: &Path) -> Result<Interpreter, Text> {
    let out = run_guarded(path, &["-c".into(), WHO_ARE_YOU.into()], INTRODUCTION)?;
    let introduction: Introduction = last_object(&out, |_| true).ok_or_else(|| match first_line(&out) {
        Some(said) => text!("버전을 물었더니 이렇게 답했습니다: {said}", "asked for its version, it said: {said}"),
        None => text!("버전을 물었으나 답이 없습니다", "asked for its version, it said nothing"),
    })?;
    Ok(Interpreter {
        path: path.to_owned(),
        implementation: introduction.name,
        version: introduction.version,
        gil: introduction.gil,
    })
}

/// The last complete JSON object of this form in the output of a program. Interpreters and their wrappers may print before it,
/// after it, and on its line.
fn last_object<T: DeserializeOwned>(out: &str, counts: impl Fn(&T) -> bool) -> Option<T> {
    let mut last = None;
    let mut at = 0;
    while let Some(open) = out[at..].find('{') {
        let start = at + open;
        let mut objects = serde_json::Deserializer::from_str(&out[start..]).into_iter::<T>();
        if let Some(Ok(object)) = objects.next() {
            last = Some(object).filter(&counts).or(last);
            at = start + objects.byte_offset();
        } else {
            at = start + 1;
        }
    }
    last
}

/// The first line that says something.
fn first_line(out: &str) -> Option<String> {
    out.lines().find(|line| !line.trim().is_empty()).map(quote)
}

/// The last report in the output of a program. Others print `{}` as well; a report always names its experiment.
fn last_report(out: &str) -> Option<Report> {
    last_object(out, |report: &Report| !report.experiment.is_empty())
}

/// Runs a twin and finds the one JSON object that it prints, a [`Report`]. The reason, in words, if there is none.
pub fn run(python: &Interpreter, script: &Path, args: &[String], limit: Duration) -> Result<Report, Text> {
    if !script.is_file() {
        let script = script.display();
        return Err(text!("{script} 파일이 없습니다", "there is no file {script}"));
    }
    let mut all: Vec<OsString> = vec![script.into()];
    all.extend(args.iter().map(OsString::from));
    let out = run_guarded(&python.path, &all, limit)?;
    last_report(&out).ok_or_else(|| no_report(&script.display().to_string(), &out))
}

fn no_report(program: &str, out: &str) -> Text {
    // Nothing but an object: its author wants to know what is wrong with it.
    if let (true, Err(e)) = (out.starts_with('{'), serde_json::from_str::<Report>(out)) {
        return text!("{program}의 보고서를 읽을 수 없습니다: {e}", "cannot read the report of {program}: {e}");
    }
    match first_line(out) {
        Some(said) => {
            text!(
                "{program}의 출력에 보고서가 없습니다: {said}",
                "there is no report in what {program} printed: {said}"
            )
        }
        None => text!("{program}이 아무것도 출력하지 않았습니다", "{program} printed nothing"),
    }
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
    // Nobody prints before or after our own report.
    serde_json::from_str(&out).map_err(|_| no_report(&args.join(" "), &out))
}

/// Runs a program under guard and returns what it printed. When the time is up, it and all its children are killed.
fn run_guarded(program: &Path, args: &[OsString], limit: Duration) -> Result<String, Text> {
    process::run_limited(limit, |lifeline| {
        let mut command = lifeline::guarded(env::current_exe()?.into(), program.into(), lifeline);
        command.args(args).env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONIOENCODING", "utf-8");
        Ok(command)
    })
}

/// The file `python/NAME.py` of a crate whose sources were in `built` when it was compiled. The folder may have been moved since:
/// it is looked for above the program and above the current folder as well.
pub fn twin(built: &str, name: &str) -> PathBuf {
    let built = Path::new(built);
    let script: PathBuf = ["python", &format!("{name}.py")].iter().collect();
    let section = Path::new(built.file_name().unwrap_or_default()).join(&script);
    let above = [env::current_exe().ok(), env::current_dir().ok()];
    let moved = above.iter().flatten().flat_map(|place| place.ancestors()).map(|folder| folder.join(&section));
    moved.into_iter().find(|file| file.is_file()).unwrap_or_else(|| built.join(script))
}

/// The twin script of the calling crate: `python/NAME.py`, see [`twin`](crate::python::twin).
#[macro_export]
macro_rules! twin_script {
    ($name:literal) => {{
        static TWIN: ::std::sync::LazyLock<::std::path::PathBuf> =
            ::std::sync::LazyLock::new(|| $crate::python::twin(::std::env!("CARGO_MANIFEST_DIR"), $name));
        TWIN.as_path()
    }};
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    const REPORT: &str = r#"{"experiment": "section/name", "notes": [{"ko": "{", "en": "}"}]}"#;

    #[test]
    fn a_report_is_found_among_other_output() {
        for out in [
            REPORT.to_owned(),
            format!("hello\n{REPORT}\nbye {{"),
            format!("no line's end {REPORT}no blank"),
            format!("{{}} {{\"a\": 1}} [1, {{\n{REPORT}\n{{}}\n{{\"experiment\": 3}}"),
            format!("{}{REPORT}", "{".repeat(1 << 20)),
            format!("{}{REPORT}", "{\"traces\": [".repeat(1 << 10)),
        ] {
            let experiment = last_report(&out).map(|report| report.experiment);
            // An empty object after the report must not hide it.
            assert_eq!(experiment.as_deref(), Some("section/name"), "{:.60}", out);
        }
        assert!(last_report("nothing {} here {\"experiment\": \"cut").is_none());
    }

    #[test]
    fn the_last_report_counts() {
        let other = REPORT.replace("name", "other");
        assert_eq!(last_report(&format!("{REPORT}\n{other}")).unwrap().experiment, "section/other");
    }

    #[test]
    fn what_a_program_said_is_one_line_that_commands_nothing() {
        let said = first_line("\n \n\u{1b}[2Jdanger \n more").unwrap();
        assert_eq!(said, "\\u{1b}[2Jdanger");
        assert!(first_line(&"가".repeat(500)).unwrap().width() <= 100);
        assert_eq!(first_line(" \n\n"), None);
    }

    #[test]
    fn a_twin_is_found_where_the_folder_was_moved_to() {
        let here = twin("/nowhere/any/more/support/lab", "no-such-twin");
        assert_eq!(here, Path::new("/nowhere/any/more/support/lab/python/no-such-twin.py"));
        let moved = twin("/nowhere/any/more/threading", "cpu");
        assert!(moved.ends_with("threading/python/cpu.py") && moved.is_file(), "{}", moved.display());
    }
}
