//! `cargo run -p lab`: the cores and the Python interpreters of this machine.

use std::env;
use std::path::{Path, PathBuf};

use lab::claims::Verdict;
use lab::cli::{Args, Experiment, Options};
use lab::lang::Text;
use lab::python::{GilSource, Interpreter, Introduction, Refused, gil_cell};
use lab::report::{Front, Report, Table};
use lab::{Result, machine, text};

pub fn command() -> Experiment {
    let about = text!("코어와 파이썬 인터프리터", "cores and Python interpreters");
    Experiment::new("machine", about, Options::new(), run).looks_for_pythons()
}

fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("lab/machine");
    let (found, refused) = args.look_for_pythons()?;
    if !found.is_empty() {
        report.tables.push(table(&found));
        report.front = vec![Front::Table(0)];
    }
    report.notes = notes(&found, &refused);
    let memory = judge_memory(found.iter().map(|one| (&one.python, one.header)));
    let pythons: Vec<Interpreter> = found.into_iter().map(|one| one.python).collect();
    report.verdicts = judge(&pythons);
    report.verdicts.extend(memory);
    let m = machine::describe();
    let pythons = pythons.len();
    report.shows = Text {
        ko: format!("{}; 파이썬 인터프리터 {pythons}개.", m.ko),
        en: match pythons {
            1 => format!("{}; 1 Python interpreter.", m.en),
            _ => format!("{}; {pythons} Python interpreters.", m.en),
        },
    };
    Ok(report)
}

/// A row for each interpreter.
fn table(found: &[Introduction]) -> Table {
    let row = |one: &Introduction| {
        let how = match one.source {
            GilSource::Asked => text!("물어봄", "asked"),
            GilSource::Name => text!("이름으로", "by its name"),
            GilSource::Measured => text!("두 스레드로 측정", "two threads measured"),
        };
        let mut name = Text::same(one.python.to_string());
        if !one.lacks.is_empty() {
            let lacks = one.lacks.join(", ");
            name = text!("{name}({lacks} 없음)", "{name} (no {lacks})");
        }
        vec![name, gil_cell(one.python.gil), how, Text::same(below_home(&one.python.path))]
    };
    let head = vec![
        text!("인터프리터", "interpreter"),
        Text::same("GIL"),
        text!("GIL을 아는 방법", "GIL known"),
        text!("경로", "path"),
    ];
    let title = text!("찾은 파이썬 인터프리터", "Python interpreters found");
    Table { title, head, rows: found.iter().map(row).collect() }
}

/// The path as a shell takes it, with `~` for the reader's folder.
fn below_home(path: &Path) -> String {
    let home = env::var_os("HOME").map(PathBuf::from).filter(|home| home.parent().is_some());
    match home.and_then(|home| path.strip_prefix(home).ok().map(Path::to_owned)) {
        Some(below) => format!("~/{}", below.display()),
        None => path.display().to_string(),
    }
}

/// What no twin can run on, what does not work, and how to use the others.
fn notes(found: &[Introduction], refused: &[Refused]) -> Vec<Text> {
    let lacking = found.iter().filter_map(|one| {
        let (path, Text { ko, en }) = (below_home(&one.python.path), one.why_no_twin()?);
        Some(text!("{path}: 실험을 실행할 수 없습니다: {ko}", "{path}: no twin can run on it: {en}"))
    });
    let broken = refused.iter().map(|Refused { path, why }| {
        let (path, Text { ko, en }) = (below_home(path), why);
        text!("{path}: 쓸 수 없습니다: {ko}", "{path}: cannot be used: {en}")
    });
    let mut notes: Vec<Text> = lacking.chain(broken).collect();
    notes.push(text!(
        "찾은 곳: PATH, /usr/bin, /usr/local/bin, ~/.local/bin, pyenv와 uv의 폴더. 실험에 --python all을 주면 여기 있는 모두에서 실행합니다.",
        "Looked at: the PATH, /usr/bin, /usr/local/bin, ~/.local/bin, the folders of pyenv and uv. With --python all an experiment runs on all of them."
    ));
    notes
}

/// The claim on CPython, and the one on implementations without a GIL, with the names that the article gives.
const CLAIMS: [(&str, bool, &[&str]); 2] =
    [("cpython-has-gil", true, &["CPython"]), ("other-platforms-no-gil", false, &["Jython", "IronPython"])];

/// Verdicts by what each interpreter says of its GIL.
fn judge(pythons: &[Interpreter]) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for (claim, expected, names) in CLAIMS {
        let those: Vec<_> = pythons.iter().filter(|python| names.contains(&python.implementation.as_str())).collect();
        if those.is_empty() {
            let why = text!("이 컴퓨터에서 찾지 못했습니다", "none was found on this machine");
            verdicts.push(Verdict::not_measured(claim, names.join(", "), why));
        }
        verdicts.extend(those.into_iter().map(|python| match python.gil {
            Some(gil) => {
                let evidence =
                    if gil { text!("GIL 있음", "it has a GIL") } else { text!("GIL 없음", "it has none") };
                Verdict::seen(claim, python.to_string(), gil == expected, evidence)
            }
            None => Verdict::not_measured(claim, python.to_string(), lab::python::unknown_gil()),
        }));
    }
    verdicts
}

/// The claim on what manages memory where there is no GIL.
const MEMORY: &str = "no-gil-other-memory-management";
/// The header of an object with one count of references, changed without atomic operations: the count and the type.
const PLAIN_HEADER: u64 = 16;

/// Verdicts by the header of an object of each interpreter without a GIL.
fn judge_memory<'a>(found: impl Iterator<Item = (&'a Interpreter, Option<u64>)>) -> Vec<Verdict> {
    let without: Vec<_> = found.filter(|(python, _)| python.gil == Some(false)).collect();
    if without.is_empty() {
        let why =
            text!("이 컴퓨터에 GIL이 없는 파이썬이 없습니다", "no Python without a GIL was found on this machine");
        return vec![Verdict::not_measured(MEMORY, text!("GIL이 없는 파이썬", "Pythons without a GIL"), why)];
    }
    let judge = |(python, header): (&Interpreter, Option<u64>)| {
        let on = python.to_string();
        match (header, python.implementation.as_str()) {
            (Some(0), _) => {
                let evidence =
                    text!("참조를 세지 않음(sys.getrefcount 없음)", "it counts no references (no sys.getrefcount)");
                Verdict::seen(MEMORY, on, true, evidence)
            }
            (Some(header), "CPython") => {
                let evidence = text!(
                    "객체 헤더 {header}바이트(GIL이 있으면 {PLAIN_HEADER}바이트)",
                    "the header of an object: {header} bytes ({PLAIN_HEADER} with a GIL)"
                );
                Verdict::seen(MEMORY, on, header > PLAIN_HEADER, evidence)
            }
            _ => Verdict::not_measured(
                MEMORY,
                on,
                text!("메모리 관리 방식을 알 수 없습니다", "how it manages memory is unknown"),
            ),
        }
    };
    without.into_iter().map(judge).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab::claims::Outcome;

    #[test]
    fn without_a_gil_an_object_with_the_header_of_one_count_refutes_the_claim() {
        let python = |implementation: &str, gil| Interpreter {
            implementation: implementation.into(),
            gil,
            version: [3, 13, 0],
            path: "python".into(),
        };
        let outcome = |implementation, gil, header| {
            let judged = judge_memory(std::iter::once((&python(implementation, gil), header)));
            judged.into_iter().next().unwrap().outcome
        };
        assert_eq!(outcome("CPython", Some(false), Some(32)), Outcome::Holds);
        assert_eq!(outcome("CPython", Some(false), Some(16)), Outcome::DoesNotHold);
        assert_eq!(outcome("Jython", Some(false), Some(0)), Outcome::Holds);
        for (name, gil, header) in
            [("CPython", Some(true), Some(16)), ("Other", Some(false), None), ("CPython", None, Some(16))]
        {
            assert!(matches!(outcome(name, gil, header), Outcome::NotMeasured(_)), "{name} {header:?}");
        }
    }

    #[test]
    fn a_cpython_without_a_gil_and_a_jython_with_one_refute_the_claims() {
        let python = |implementation: &str, gil| Interpreter {
            implementation: implementation.into(),
            gil,
            version: [3, 13, 0],
            path: "python".into(),
        };
        let outcomes = |cpython, jython| {
            let judged = judge(&[python("CPython", cpython), python("Jython", jython), python("PyPy", Some(true))]);
            judged.into_iter().map(|verdict| verdict.outcome).collect::<Vec<_>>()
        };
        assert_eq!(outcomes(Some(true), Some(false)), [Outcome::Holds, Outcome::Holds]);
        assert_eq!(outcomes(Some(false), Some(true)), [Outcome::DoesNotHold, Outcome::DoesNotHold]);
        assert!(outcomes(None, None).iter().all(|outcome| matches!(outcome, Outcome::NotMeasured(_))));
        assert!(judge(&[]).iter().all(|verdict| matches!(verdict.outcome, Outcome::NotMeasured(_))));
    }
}
