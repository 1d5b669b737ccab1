//! What starting costs, and what that says of the claims.

use lab::claims::Verdict;
use lab::cores_used::CoresUsed;
use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::unit;
use lab::report::{Measure, Report, Table};
use lab::text;

/// The claims, by their ids in the ledger.
pub const START: &str = "start-method-decides-cost";
pub const INTERPRETERS: &str = "interpreters-parallel";
pub const GUARD: &str = "listing-main-guard";

/// The start methods of processes.
pub const METHODS: [&str; 3] = ["fork", "spawn", "forkserver"];

/// The columns of the tables: what is started.
const KINDS: [&str; 5] = ["thread", "interpreter", "fork", "spawn", "forkserver"];

/// Costs that differ by less than this factor are the same.
const SAME: f64 = 1.25;

/// Whether the methods differ, by the fastest of all rounds: the others show how long it took to get a core.
pub fn judge_start(on: Text, report: &Report) -> Verdict {
    let least = |method: &'static str| Some((method, report.measure(&format!("start.{method}"))?.least()));
    let costs: Vec<(&str, f64)> = METHODS.into_iter().filter_map(least).collect();
    if costs.len() < 2 {
        return Verdict::not_measured(START, on, text!("시작 방식이 하나뿐입니다", "there is only one start method"));
    }
    let each: Vec<String> = costs.iter().map(|(method, ns)| format!("{method} {}", unit::duration(*ns))).collect();
    let each = each.join(", ");
    let (most, least) = costs.iter().fold((0.0, f64::INFINITY), |(most, least), (_, ns)| (ns.max(most), ns.min(least)));
    let evidence = text!("가장 빠른 회차: {each}", "fastest rounds: {each}");
    Verdict::seen(START, on, most / least > SAME, evidence)
}

/// The same on an interpreter, and on Linux whether its default is the one that the claim names.
pub fn judge_twin(python: &Interpreter, twin: &Report) -> Verdict {
    let verdict = judge_start(Text::same(python.to_string()), twin);
    let default = METHODS.iter().find(|method| twin.measure(&format!("default.{method}")).is_some());
    let (true, "CPython", Some(default)) = (cfg!(target_os = "linux"), python.implementation.as_str(), default) else {
        return verdict;
    };
    let expected = if python.version >= [3, 14, 0] { "forkserver" } else { "fork" };
    let Text { ko, en } = &verdict.evidence;
    let evidence = text!("{ko}; 기본 방식은 {default}", "{en}; the default is {default}");
    match *default == expected {
        true => Verdict { evidence, ..verdict },
        false => Verdict::seen(START, verdict.on, false, evidence),
    }
}

/// Whether two sub-interpreters that compute keep more than one core busy.
pub fn judge_interpreters(python: &Interpreter, twin: &Report, foreign: Option<f64>) -> Verdict {
    let on = python.to_string();
    let one = |id: &str| twin.measure(id).map(Measure::median);
    match (one("cores.interpreter"), one("wall.interpreter")) {
        (Some(cores), Some(wall)) => CoresUsed { cores: Some(cores), wall, foreign }.parallel(INTERPRETERS, on),
        _ => {
            let why = text!("concurrent.interpreters 모듈이 없습니다", "it has no module concurrent.interpreters");
            Verdict::not_measured(INTERPRETERS, on, why)
        }
    }
}

/// Whether the methods that start the program anew need the check for `__main__`: without it, none of them starts a process.
pub fn judge_guard(python: &Interpreter, twin: &Report) -> Verdict {
    let on = python.to_string();
    let started = |method: &'static str| Some((method, twin.measure(&format!("unguarded.{method}"))?.median() > 0.0));
    let all: Vec<(&'static str, bool)> = METHODS.into_iter().filter_map(started).collect();
    let (yes, no): (Vec<_>, Vec<_>) = all.iter().partition(|(_, started)| *started);
    let anew = |(method, _): &&&(&str, bool)| *method != "fork";
    if !all.iter().any(|one| anew(&&one)) {
        let why = text!("새로 시작하는 방식이 없습니다", "it has no method that starts anew");
        return Verdict::not_measured(GUARD, on, why);
    }
    let names = |some: &[&(&str, bool)]| match some {
        [] => "–".to_owned(),
        _ => some.iter().map(|(method, _)| *method).collect::<Vec<_>>().join(", "),
    };
    let (started, not) = (names(&yes), names(&no));
    let evidence = text!(
        "검사 없이 시작됨: {started}; 시작되지 않음: {not}",
        "without the check {started} started; {not} did not"
    );
    Verdict::seen(GUARD, on, !yes.iter().any(|one| anew(&one)), evidence)
}

/// Three tables with a row for Rust and for each interpreter: start, memory, cores.
pub fn tables(report: &Report, pythons: &[Interpreter]) -> Vec<Table> {
    let all = [
        (
            "start",
            text!("시작에서 끝까지(중앙값, *은 기본 방식)", "from start to end (medians; * is the default method)"),
        ),
        (
            "first",
            text!(
                "처음 하나의 시작에서 끝까지(forkserver는 서버의 시작 포함)",
                "the first, from start to end (forkserver: with the start of the server)"
            ),
        ),
        ("memory", text!("기다리는 하나의 메모리", "memory of one that waits")),
        ("cores", text!("계산하는 둘이 쓴 코어", "cores that two busy ones used")),
    ];
    let table = |(what, title): (&str, Text)| {
        let row = |name: String, prefix: String| {
            let cell = |kind: &str| {
                let star = report.measure(&format!("{prefix}default.{kind}")).map_or("", |_| " *");
                let measure = report.measure(&format!("{prefix}{what}.{kind}"));
                let value = measure.map(|m| format!("{}{star}", unit::value(m.median(), m.unit)));
                Text::same(value.unwrap_or_else(|| "–".to_owned()))
            };
            [Text::same(name)].into_iter().chain(KINDS.into_iter().map(cell)).collect::<Vec<Text>>()
        };
        let rust = ("Rust".to_owned(), String::new());
        let theirs = pythons.iter().map(|python| (python.to_string(), python.measure_id("")));
        let rows: Vec<Vec<Text>> = [rust].into_iter().chain(theirs).map(|(name, prefix)| row(name, prefix)).collect();
        let measured = |row: &Vec<Text>| row[1..].iter().any(|cell| cell.en != "–");
        Table { title, head: head(), rows: rows.into_iter().filter(measured).collect() }
    };
    all.into_iter().map(table).filter(|table| !table.rows.is_empty()).collect()
}

fn head() -> Vec<Text> {
    vec![
        text!("실행한 곳", "on"),
        text!("스레드", "thread"),
        text!("서브 인터프리터", "interpreter"),
        Text::same("fork"),
        Text::same("spawn"),
        Text::same("forkserver"),
    ]
}

pub fn notes() -> [Text; 2] {
    [
        text!(
            "스레드와 프로세스는 아무 일도 하지 않고 끝나고, 서브 인터프리터는 만들어져 pass를 실행하고 닫힙니다. Rust의 프로세스는 풀의 워커로, 시작해서 작은 작업 하나를 하고 끝납니다. Rust 표준 라이브러리에는 fork가 없습니다.",
            "Threads and processes end without doing anything; a sub-interpreter is made, runs pass and is closed. A process of Rust is a worker of the pool: it starts, does one small task and is ended. Rust's library has no fork."
        ),
        text!(
            "메모리는 쓴 뒤 아무와도 공유하지 않는 페이지입니다(Private_Dirty). 스레드와 서브 인터프리터는 넷을 만들어 프로세스가 커진 만큼을 4로 나눕니다. 쓴 코어는 하나가 시작한 때부터 둘 다 끝난 때까지의 CPU 시간을 벽시계 시간으로 나눈 값입니다.",
            "Memory is what was written and is shared with nobody (Private_Dirty); for threads and sub-interpreters, a quarter of what the process grew by for four of them. Cores used: CPU time over wall time, from when the first began until both had ended."
        ),
    ]
}

pub fn shows(report: &Report) -> Text {
    let of = |id: &str| unit::duration(report.measure(&format!("start.{id}")).map_or(f64::NAN, Measure::median));
    let (thread, server, anew) = (of("thread"), of("forkserver"), of("spawn"));
    text!(
        "Rust에서 스레드는 {thread}, 서버에서 fork한 프로세스는 {server}, 새로 시작한 프로세스는 {anew}가 걸립니다. 파이썬의 프로세스는 시작 방식에 따라 다릅니다.",
        "In Rust a thread takes {thread}, a process forked from a server {server}, a process started anew {anew}. In Python it depends on the start method."
    )
}
