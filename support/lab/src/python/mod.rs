//! The CPython twin: finds interpreters, runs the Python version of an experiment under a time limit, reads its report.

mod comparison;
mod interpreter;
mod output;
mod search;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::claims::Verdict;
use crate::error::{Error, Result};
use crate::lang::Text;
use crate::process;
use crate::report::{Measure, Report};
use crate::terminal;
use crate::text;
use crate::trace::Trace;
use interpreter::{introduce, quiet_utf8};
use output::{last_report, no_report};
use search::DEFAULT;

pub use comparison::gil_cell;
pub(crate) use comparison::side_by_side;
pub use interpreter::{GilSource, Interpreter, Introduction, unknown_gil};

/// The word for `--python` that stands for every interpreter that is found.
const ALL: &str = "all";

/// The interpreters to work with: those given, each of which must be a Python, or with `all` every one that is found; else `python3`,
/// if there is one. One that is there and does not work is named on standard error, and the run goes on without it.
pub fn find(given: &[PathBuf]) -> Result<Vec<Interpreter>> {
    if given.is_empty() {
        return Ok(find_default(DEFAULT, &text!("파이썬", "Python")).into_iter().collect());
    }
    let (found, refused) = look(given)?;
    refused.iter().for_each(complain);
    let mut usable = Vec::new();
    for one in found {
        match one.why_no_twin() {
            None => usable.push(one.python),
            Some(why) if given.contains(&one.python.path) => return Err(refuse(&one.python.path, &why)),
            Some(why) => complain(&Refused { path: one.python.path, why }),
        }
    }
    Ok(usable)
}

/// A program that looks like an interpreter and cannot be used.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The program.
    pub path: PathBuf,
    /// Why.
    pub why: Text,
}

/// What the interpreters say of themselves: those given, each of which must be a Python; where none is given, or `all`, every one
/// that is found, `python3` first, the others by implementation and version. An installation is asked once, whatever the number of its
/// names. With them those that were found and do not work.
pub fn look(given: &[PathBuf]) -> Result<(Vec<Introduction>, Vec<Refused>)> {
    let (mut found, mut refused) = (Vec::<Introduction>::new(), Vec::new());
    for path in given.iter().filter(|path| *path != Path::new(ALL)) {
        let not_python = |why: Text| {
            refuse(
                path,
                &Text { ko: format!("파이썬이 아닙니다: {}", why.ko), en: format!("not a Python: {}", why.en) },
            )
        };
        found.push(introduce(path).map_err(not_python)?);
    }
    if !given.is_empty() && found.len() == given.len() {
        return Ok((found, refused));
    }
    let chosen = found.len();
    for path in search::everywhere() {
        match introduce(&path) {
            Ok(one) if found.iter().any(|other| one.is_the_same(other)) => {}
            Ok(one) => found.push(one),
            Err(why) => refused.push(Refused { path, why }),
        }
    }
    let is_default = |one: &Introduction| one.python.path == Path::new(DEFAULT);
    found[chosen..].sort_by_key(|one| {
        let Interpreter { implementation, version, gil, .. } = &one.python;
        (!is_default(one), implementation != "CPython", implementation.clone(), *version, *gil)
    });
    Ok((found, refused))
}

fn refuse(path: &Path, why: &Text) -> Error {
    let (path, Text { ko, en }) = (path.display(), why);
    Error::usage(text!(
        "--python {path}: {ko}. 파이썬 실행 파일의 경로를 주십시오.",
        "--python {path}: {en}. Give the path of a Python interpreter."
    ))
}

fn complain(Refused { path, why }: &Refused) {
    let (path, Text { ko, en }) = (path.display(), why);
    terminal::complain(&text!(
        "{path}: 쓸 수 없어 이것 없이 진행합니다: {ko}",
        "{path}: cannot be used, going on without it: {en}"
    ));
}

/// For twins that run on Python 2.7: beside the default interpreter also `jython`, if it is on the PATH. Who chose interpreters, or
/// none, gets those that were chosen.
pub fn with_jython(given: &[Interpreter]) -> Vec<Interpreter> {
    let jython = if is_default(given) { find_default("jython", &Text::same("Jython")) } else { None };
    given.iter().cloned().chain(jython).collect()
}

/// For experiments about the difference between versions: where nobody chose an interpreter, every one that is found and can run a
/// twin; `None` if somebody chose, or there is none.
pub fn every(given: &[Interpreter]) -> Option<Vec<Interpreter>> {
    let (found, _) = is_default(given).then(|| look(&[]).ok()).flatten()?;
    Some(found.into_iter().filter(|one| one.why_no_twin().is_none()).map(|one| one.python).collect())
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
    if !search::is_on_path(name) {
        return None;
    }
    let complain = |why: Text| {
        let name = name.display();
        terminal::complain(&Text {
            ko: format!("{name}: 쓸 수 없어 {} 없이 진행합니다: {}", known_as.ko, why.ko),
            en: format!("{name}: cannot be used, going on without {}: {}", known_as.en, why.en),
        });
    };
    let usable = introduce(name).and_then(|one| match one.why_no_twin() {
        None => Ok(one.python),
        Some(why) => Err(why),
    });
    usable.map_err(complain).ok()
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
    if python.version < [3, 0, 0] && !is_for_python_2(script) {
        return Err(text!("이 프로그램에는 파이썬 3이 필요합니다", "this twin needs Python 3"));
    }
    let mut all = before.to_vec();
    all.push(script.into());
    all.extend(args.iter().map(OsString::from));
    let out = process::run_guarded(&python.path, &all, limit, quiet_utf8)?;
    last_report(&out).ok_or_else(|| no_report(&script.display().to_string(), &out))
}

/// Python 2 refuses a script with Korean in it that does not name its encoding in the first line, so a twin that does is meant for it.
fn is_for_python_2(script: &Path) -> bool {
    let text = fs::read(script).unwrap_or_default();
    text.is_ascii() || text.split(|byte| *byte == b'\n').next().is_some_and(|line| line.starts_with(b"# -*- coding"))
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
        not_measured(report, "CPython", claims, &none_in_this_run());
    }
    for python in pythons {
        match run(python, script, args, LIMIT) {
            Ok(twin) => {
                report.verdicts.extend(judge(python, &twin));
                report.traces.extend(twin.traces.into_iter().map(|t| Trace { title: by(python, &t.title), ..t }));
                report.measures.extend(twin.measures.into_iter().map(|m| measured_by(python, m)));
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

/// A text of a twin under the interpreter's name.
pub fn by(python: &Interpreter, text: &Text) -> Text {
    Text { ko: format!("{python}: {}", text.ko), en: format!("{python}: {}", text.en) }
}

/// A measurement of a twin under the interpreter's name and id.
pub fn measured_by(python: &Interpreter, measure: Measure) -> Measure {
    Measure { id: python.measure_id(&measure.id), name: by(python, &measure.name), ..measure }
}

/// Why nothing was measured on a Python, where there is none or the reader wants none.
pub fn none_in_this_run() -> Text {
    text!("파이썬 없이 실행했습니다", "no Python in this run")
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
    fn a_twin_for_python_3_is_not_given_to_python_2() {
        let sections = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let is = |twin: &str| is_for_python_2(&sections.join(twin));
        assert!(is("threading/python/cpu.py") && is("mutex/python/counter.py"));
        assert!(!is("asyncio/python/gil.py") && !is("multiprocessing/python/cpu.py"));
    }

    #[test]
    fn a_twin_is_found_where_the_folder_was_moved_to() {
        let here = twin("/nowhere/any/more/support/lab", "no-such-twin");
        assert_eq!(here, Path::new("/nowhere/any/more/support/lab/python/no-such-twin.py"));
        let moved = twin("/nowhere/any/more/threading", "cpu");
        assert!(moved.ends_with("threading/python/cpu.py") && moved.is_file(), "{}", moved.display());
    }
}
