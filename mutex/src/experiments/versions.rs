//! `counter += 1` without a lock, on every CPython that is found: up to 3.9 it loses, from 3.10 on it does not, until there is a
//! call in between.
//!
//! Since 3.10 the interpreter hands the GIL over only at backward jumps and at calls, so straight-line code is not interrupted.
//! That is how it is built, not what it promises.
//!
//! Article: 뮤텍스(Mutex). Run: `cargo run -p mutex -- versions`. Python twin: `python/versions.py`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Measure, Report, Table, Unit};
use lab::{Result, stats, text, twin_script};

use crate::claims;
use crate::outcomes::Class::{self, Acceptable, Forbidden, Interesting};

/// A way to write the update, its name in measurements, and what to expect of a lost one: up to 3.9, from 3.10 on, without a GIL.
pub struct Form {
    /// Its name in measurements.
    pub id: &'static str,
    /// The code.
    pub code: &'static str,
    classes: [Class; 3],
}

/// All forms that the twin runs. `Acceptable`: it would be a surprise, but nobody forbids it.
pub const FORMS: [Form; 5] = [
    Form { id: "plain", code: "counter += 1", classes: [Interesting, Acceptable, Interesting] },
    Form { id: "attribute", code: "obj.x += 1", classes: [Interesting, Acceptable, Interesting] },
    Form { id: "call", code: "counter += one()", classes: [Interesting; 3] },
    Form { id: "native", code: "counter += int(1)", classes: [Interesting; 3] },
    Form { id: "lock", code: "with lock: counter += 1", classes: [Forbidden; 3] },
];

impl Form {
    /// What a lost update means on this interpreter.
    pub fn class(&self, python: &Interpreter) -> Class {
        let [major, minor, _] = python.version;
        match (python.gil, (major, minor) >= (3, 10)) {
            (Some(false), _) => self.classes[2],
            (_, false) => self.classes[0],
            (_, true) => self.classes[1],
        }
    }
}

/// What was given with `--python`, or the default one, and pyenv's versions from 3.6 on where nothing was given.
pub fn all(given: &[Interpreter]) -> Vec<Interpreter> {
    // One interpreter that calls itself "python3" is the default: nobody chose.
    let chosen = given.iter().any(|python| python.path != Path::new("python3"));
    if chosen || given.is_empty() {
        return given.to_vec();
    }
    let root = env::var_os("PYENV_ROOT").map(PathBuf::from);
    let root = root.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".pyenv")));
    let versions = root.and_then(|root| fs::read_dir(root.join("versions")).ok()).into_iter().flatten().flatten();
    let paths = versions.map(|version| version.path().join("bin").join("python"));
    let mut found: Vec<Interpreter> = given.to_vec();
    // A version that does not answer is not there.
    found.extend(
        paths.filter_map(|path| python::find(&[path]).ok()).flatten().filter(|python| python.version >= [3, 6, 0]),
    );
    found.sort_by_key(|python| (python.version, python.gil));
    found.dedup_by(|a, b| a.version == b.version && a.gil == b.gil && a.implementation == b.implementation);
    found
}

/// `cargo run -p mutex -- versions`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let threads = options.threads(2..=64, 4);
    let about = text!("스레드 하나가 1을 더하는 횟수", "how often each thread adds 1");
    let iterations = options.count("iterations", 1..=10_000_000, 200_000, about);
    let about = text!("counter += 1을 찾은 모든 CPython에서", "counter += 1 on every CPython that is found");
    Experiment::new("versions", about, options, move |a| run(a.get(threads), a.get(iterations), &all(a.pythons())))
}

/// Races every form on every interpreter.
pub fn run(threads: usize, turns: u64, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("mutex/versions");
    let args = [threads.to_string(), turns.to_string()];
    let claims = [claims::KEPT, claims::LOST];
    python::join(&mut report, pythons, twin_script!("versions"), &args, &claims, judge);
    report.tables = vec![expected(), seen(&report, pythons)];
    report.measures_in_tables = true;
    report.notes.extend(notes(threads));
    report.shows = shows(&report, pythons);
    Ok(report)
}

fn judge(python: &Interpreter, twin: &Report) -> Vec<Verdict> {
    claims::judge_twin(python, twin)
}

/// What is expected of each form, before anything runs.
fn expected() -> Table {
    let row = |form: &Form| {
        let cells = form.classes.map(|class| match class {
            Forbidden => class.name(),
            Interesting => text!("잃을 수 있음", "may lose"),
            Acceptable => text!("우연히 온전함", "whole, by accident"),
        });
        [Text::same(form.code)].into_iter().chain(cells).collect()
    };
    Table {
        title: text!("잃은 갱신이 있다면 무슨 뜻인가", "what it means if an update is lost"),
        head: vec![
            text!("코드", "code"),
            text!("3.9까지", "up to 3.9"),
            text!("3.10부터", "from 3.10 on"),
            text!("GIL 없음", "no GIL"),
        ],
        rows: FORMS.iter().map(row).collect(),
    }
}

/// The share lost, a row an interpreter.
fn seen(report: &Report, pythons: &[Interpreter]) -> Table {
    let row = |python: &Interpreter| {
        let cells = FORMS.iter().map(|form| cell(form, python, share(report, python, form)));
        [Text::same(python.to_string())].into_iter().chain(cells).collect()
    };
    Table {
        title: text!("잃은 갱신, 중앙값", "updates lost, medians"),
        head: [text!("인터프리터", "interpreter")]
            .into_iter()
            .chain(FORMS.iter().map(|f| Text::same(f.code)))
            .collect(),
        rows: pythons.iter().map(row).collect(),
    }
}

fn share<'a>(report: &'a Report, python: &Interpreter, form: &Form) -> Option<&'a Measure> {
    report.measure(&python.measure_id(&format!("lost_share.{}", form.id)))
}

fn cell(form: &Form, python: &Interpreter, lost: Option<&Measure>) -> Text {
    let Some(lost) = lost else {
        return text!("측정하지 않음", "not measured");
    };
    let value = unit::value(lost.median(), Unit::Share);
    let any = lost.samples.iter().any(|share| *share > 0.0);
    match (any, form.class(python)) {
        (true, Forbidden | Acceptable) => text!("{value} (뜻밖)", "{value} (!)"),
        _ => Text::same(value),
    }
}

fn notes(threads: usize) -> Vec<Text> {
    vec![
        text!(
            "스레드 {threads}개, 전환 간격은 0.1 ms로 줄였습니다(기본 5 ms). 간격을 줄여도 3.10부터의 `counter += 1`은 그대로 0 %입니다. 자주 넘기는 것이 아니라 어디서 넘기는가가 결정하기 때문입니다.",
            "{threads} threads, with a switch interval of 0.1 ms (default 5 ms). However short it is, `counter += 1` stays at 0 % from 3.10 on: what counts is not how often the GIL is handed over, but where."
        ),
        text!(
            "그 '어디'는 뒤로 뛸 때와 호출할 때입니다(3.10부터). `one()`은 파이썬 함수, `int(1)`은 C 함수이고 둘 다 그 자리를 만듭니다. 3.9까지는 거의 모든 명령 사이가 그런 자리였습니다. 명령마다의 그림은 `cargo run -p gil-sim -- bytecode`에 있습니다.",
            "That 'where' is at backward jumps and calls (from 3.10 on); `one()` is a Python function, `int(1)` one in C, and both make such a place. Up to 3.9 there was one between almost any two instructions. `cargo run -p gil-sim -- bytecode` shows them one by one."
        ),
    ]
}

fn shows(report: &Report, pythons: &[Interpreter]) -> Text {
    let lost = |id: &str, new: bool| {
        let form = FORMS.iter().find(|form| form.id == id).expect("one of the forms");
        let of_age = pythons.iter().filter(|python| (python.version >= [3, 10, 0]) == new);
        let medians: Vec<f64> = of_age.filter_map(|python| share(report, python, form)).map(Measure::median).collect();
        stats::median(&medians).map_or_else(|| "–".to_owned(), |share| unit::value(share, Unit::Share))
    };
    let (old, new, call, locked) = (lost("plain", false), lost("plain", true), lost("call", true), lost("lock", true));
    let found = pythons.len();
    text!(
        "인터프리터 {found}개: `counter += 1`이 잃은 갱신은 3.9까지 {old}, 3.10부터 {new}입니다. 같은 3.10 이상에서 사이에 호출이 있으면 {call}, 락 안에서는 {locked}입니다.",
        "{found} interpreters: `counter += 1` lost {old} of its updates up to 3.9 and {new} from 3.10 on; there, with a call in between, {call}, and behind a lock {locked}."
    )
}
