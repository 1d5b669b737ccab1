//! The CPython twin: finds interpreters, runs the Python version of an experiment under a time limit, reads its report.

mod output;

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
use crate::process;
use crate::report::{Measure, Report};
use crate::terminal;
use crate::text;
use crate::trace::Trace;
use output::{first_line, last_object, last_report, no_report};

/// The interpreter where none is given.
const DEFAULT: &str = "python3";

/// Time in which an interpreter must tell what it is.
const INTRODUCTION: Duration = Duration::from_secs(30);

/// Asks an interpreter what it is, in a JSON object that needs no module `json`, from Python 2.7 on.
///
/// Whether there is a GIL: `sys._is_gil_enabled` tells where it exists (CPython 3.13 and later, RustPython); the implementations
/// that have no such function are known by name. Any other one is measured: two threads that count keep more than one core busy where
/// they run in parallel, and no more than one under a GIL. On a busy machine they may get no more than one either: then it is told only
/// if a thread alone has a core for itself, so that there would be some of another for a second one. Else, and on one core, it stays
/// unknown.
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
    wall, cpu = getattr(time, 'perf_counter', time.time), getattr(time, 'process_time', getattr(time, 'clock', None))
    def spent(threads, n):
        all = [threading.Thread(target=count, args=(n,)) for _ in range(threads)]
        start = wall(), cpu()
        for thread in all:
            thread.start()
        for thread in all:
            thread.join()
        return wall() - start[0], cpu() - start[1]
    n = 100000
    while spent(1, n)[0] < 0.1:
        n *= 2
    def cores(threads):
        seconds, busy = spent(threads, n)
        return busy / seconds
    rounds = [(cores(1), cores(2)) for _ in range(5)]
    if max(two for one, two in rounds) > 1.2:
        return False
    return True if min(one for one, two in rounds) > 0.9 else None

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
pub fn unknown_gil() -> Text {
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
    let jython = if is_default(given) { find_default("jython", &Text::same("Jython")) } else { None };
    given.iter().cloned().chain(jython).collect()
}

/// For twins that need this version of CPython or a later one: the first that is recent enough among those given; where nobody
/// chose, also `pythonMAJOR.MINOR`, if it is on the PATH.
pub fn at_least(given: &[Interpreter], version: [u32; 2]) -> Option<Interpreter> {
    let fits = |python: &Interpreter| python.implementation == "CPython" && python.version[..2] >= version[..];
    let [major, minor] = version;
    let named =
        || find_default(&format!("python{major}.{minor}"), &text!("파이썬 {major}.{minor}", "Python {major}.{minor}"));
    given.iter().find(|python| fits(python)).cloned().or_else(|| is_default(given).then(named).flatten().filter(fits))
}

/// Whether nobody chose an interpreter, and there is a default one.
fn is_default(given: &[Interpreter]) -> bool {
    !given.is_empty() && given.iter().all(|python| python.path == Path::new(DEFAULT))
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
    let out = process::run_guarded(path, &["-c".into(), WHO_ARE_YOU.into()], INTRODUCTION, quiet_utf8)?;
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

/// Runs a twin and finds the one JSON object that it prints, a [`Report`]. The reason, in words, if there is none.
pub fn run(python: &Interpreter, script: &Path, args: &[String], limit: Duration) -> Result<Report, Text> {
    run_under(python, &[], script, args, limit)
}

/// Like [`run`], with words for the interpreter before the script: a module of its own that runs it, such as a profiler.
pub fn run_under(
    python: &Interpreter,
    before: &[OsString],
    script: &Path,
    args: &[String],
    limit: Duration,
) -> Result<Report, Text> {
    if !script.is_file() {
        let script = script.display();
        return Err(text!("{script} 파일이 없습니다", "there is no file {script}"));
    }
    let mut all = before.to_vec();
    all.push(script.into());
    all.extend(args.iter().map(OsString::from));
    let out = process::run_guarded(&python.path, &all, limit, quiet_utf8)?;
    last_report(&out).ok_or_else(|| no_report(&script.display().to_string(), &out))
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

/// Says in every title and name that [`join`] put into the report how much of the work the twin did, if it was given less: a bar
/// of a twentieth of the work must not be read as the same work done faster. `ours` and `twins` are iterations, or other units.
pub fn name_part(report: &mut Report, pythons: &[Interpreter], ours: u64, twins: u64) {
    if ours == twins {
        return;
    }
    let part = match twins {
        1.. if ours.is_multiple_of(twins) => format!("1/{}", ours / twins),
        _ => format!("{:.1} %", 100.0 * twins as f64 / ours.max(1) as f64),
    };
    for python in pythons {
        let (before, part) = (format!("{python}: "), text!("작업의 {part}", "{part} of the work"));
        let name = |text: &str, part: &str| Some(format!("{python} ({part}): {}", text.strip_prefix(&before)?));
        let titles = report.traces.iter_mut().map(|trace| &mut trace.title);
        for title in titles.chain(report.measures.iter_mut().map(|measure| &mut measure.name)) {
            if let (Some(ko), Some(en)) = (name(&title.ko, &part.ko), name(&title.en, &part.en)) {
                *title = Text { ko, en };
            }
        }
    }
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

/// An interpreter that leaves no `.pyc` files behind and prints UTF-8 whatever the locale.
fn quiet_utf8(command: &mut Command) {
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONIOENCODING", "utf-8");
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
    use crate::report::Unit;

    #[test]
    fn what_a_twin_did_with_less_work_says_so() {
        let python =
            Interpreter { path: "python3".into(), implementation: "CPython".into(), version: [3, 11, 7], gil: None };
        let named = |ours, twins| {
            let mut report = Report::default();
            for title in [text!("CPython 3.11.7: 스레드", "CPython 3.11.7: threads"), Text::same("Rust: threads")] {
                report.measures.push(Measure::new("wall", title.clone(), Unit::Ns, vec![1.0]));
                report.traces.push(Trace::new(title, Vec::new()));
            }
            name_part(&mut report, std::slice::from_ref(&python), ours, twins);
            assert_eq!(report.traces[0].title, report.measures[0].name);
            assert_eq!(report.traces[1].title.en, "Rust: threads", "ours stays as it is");
            report.traces[0].title.clone()
        };
        assert_eq!(
            named(100, 5),
            text!("CPython 3.11.7 (작업의 1/20): 스레드", "CPython 3.11.7 (1/20 of the work): threads")
        );
        assert_eq!(named(3, 2).en, "CPython 3.11.7 (66.7 % of the work): threads");
        assert_eq!(named(3, 3).en, "CPython 3.11.7: threads");
    }

    #[test]
    fn a_twin_is_found_where_the_folder_was_moved_to() {
        let here = twin("/nowhere/any/more/support/lab", "no-such-twin");
        assert_eq!(here, Path::new("/nowhere/any/more/support/lab/python/no-such-twin.py"));
        let moved = twin("/nowhere/any/more/threading", "cpu");
        assert!(moved.ends_with("threading/python/cpu.py") && moved.is_file(), "{}", moved.display());
    }
}
