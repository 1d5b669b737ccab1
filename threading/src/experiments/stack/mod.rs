//! What a thread costs in memory: its stack is only address space until it is used. "8 MB a thread" is virtual.
//!
//! Every row is measured in a process of its own, because a process's peak of memory never goes down.
//!
//! Article: 멀티스레딩. Run: `cargo run -p threading -- stack`. Python twin: `python/stack.py`.

mod bound;
mod crowd;
pub mod row;

use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter, LIMIT};
use lab::report::unit;
use lab::report::{Measure, Report, Table, Unit};
use lab::{Error, Result, lang, text, twin_script};

pub use crowd::Crowd;
use row::{ROW, StackSetup};

/// Stacks of a thread, in KiB: a small one, Rust's default, and what `ulimit -s` gives C and Python.
const STACKS: [usize; 3] = [64, 2048, 8192];
/// How much of its stack each thread uses in the last row, in KiB.
const USED: usize = 64;

/// The claim's id in the ledger.
const CLAIM: &str = "threads-in-one-process";

/// `cargo run -p threading -- stack`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!("동시에 살아 있을 스레드 수", "threads alive at once");
    let threads = options.size("threads", 1..=100_000, 1000, about);
    let about =
        text!("스레드 하나의 비용: 가상 메모리와 실제 메모리", "what a thread costs: virtual and resident memory");
    Experiment::new("stack", about, options, move |a| run(a.get(threads), a.pythons()))
}

/// Starts the threads with each size of stack, here and on CPython, and measures the memory of each process.
pub fn run(threads: usize, pythons: &[Interpreter]) -> Result<Report> {
    if let Some(bound) = bound::of_this_machine().filter(|bound| bound.threads < threads as u64) {
        return Err(bound.exceeded(threads));
    }
    let mut report = Report::new("threading/stack");
    let rows = STACKS.map(|stack| StackSetup { threads, stack, used: 0 });
    let used = StackSetup { threads, stack: STACKS[2], used: USED };
    let mut table = Vec::new();
    for row in rows.into_iter().chain([used]) {
        add(&mut report, &mut table, row, None, measure(row));
    }
    if report.measures.is_empty() {
        // The first row has the smallest stack; if that fails, CPython fails too.
        return Err(Error::failed(report.notes.swap_remove(0)));
    }
    for (python, row) in pythons.iter().flat_map(|python| rows.map(|row| (python, row))) {
        let args = [row.threads, row.stack].map(|n| n.to_string());
        add(&mut report, &mut table, row, Some(python), python::run(python, twin_script!("stack"), &args, LIMIT));
    }
    if pythons.is_empty() {
        report.notes.push(text!(
            "CPython: 측정하지 않음: 파이썬 없이 실행했습니다.",
            "CPython: not measured: no Python in this run."
        ));
    }
    report.verdicts = verdicts(&report, threads, pythons);
    report.tables = vec![titled(threads, table)];
    report.measures_in_tables = true;
    report.notes.extend(notes());
    report.shows = shows(&report);
    Ok(report)
}

/// Measures a row in a new process of this program.
fn measure(row: StackSetup) -> Result<Report, Text> {
    let mut args = vec![ROW.to_owned()];
    for (name, n) in [("--threads", row.threads), ("--stack", row.stack), ("--used", row.used)] {
        args.extend([name.to_owned(), n.to_string()]);
    }
    args.extend(["--lang".to_owned(), lang::current().code().to_owned()]);
    python::own(&args, LIMIT)
}

/// Adds the report of one process as a row of the table and as measurements, or the reason why there is none as a note.
fn add(
    report: &mut Report,
    table: &mut Vec<Vec<Text>>,
    row: StackSetup,
    python: Option<&Interpreter>,
    said: Result<Report, Text>,
) {
    let on = python.map_or_else(|| "Rust".to_owned(), Interpreter::to_string);
    let asked = row.asked();
    let (ko, en) = (&asked.ko, &asked.en);
    let why = match said {
        Ok(said) if !said.measures.is_empty() => {
            table.push(cells(&on, &asked, &said));
            let id = python.map_or_else(|| "rust".to_owned(), Interpreter::id);
            report.measures.extend(said.measures.into_iter().map(|m| Measure {
                id: format!("{}.{id}.{}", m.id, row.id()),
                name: Text { ko: format!("{on}: {ko}: {}", m.name.ko), en: format!("{on}: {en}: {}", m.name.en) },
                ..m
            }));
            // One drawing is enough: all look the same.
            if report.traces.is_empty() {
                report.traces = said.traces;
            }
            return;
        }
        Ok(said) => said.notes.into_iter().next().unwrap_or_default(),
        Err(why) => why,
    };
    report.notes.push(Text {
        ko: format!("{on}, {ko}: 측정하지 않음: {}", why.ko),
        en: format!("{on}, {en}: not measured: {}", why.en),
    });
}

/// The verdict on Rust and on each Python, by the threads that were alive at once in the process of a row.
fn verdicts(report: &Report, threads: usize, pythons: &[Interpreter]) -> Vec<Verdict> {
    let mut ids = vec![("Rust".to_owned(), "rust".to_owned())];
    ids.extend(pythons.iter().map(|python| (python.to_string(), python.id())));
    let judged = ids.iter().map(|(on, id)| judge(on, threads, report.measure(&format!("alive.{id}.{}k", STACKS[0]))));
    let mut verdicts: Vec<Verdict> = judged.collect();
    if pythons.is_empty() {
        let why = python::none_in_this_run();
        verdicts.push(Verdict::not_measured(CLAIM, "CPython", why));
    }
    verdicts
}

fn judge(on: &str, threads: usize, alive: Option<&Measure>) -> Verdict {
    let Some(alive) = alive.map(Measure::median) else {
        return Verdict::not_measured(CLAIM, on, text!("측정값이 없습니다", "no measurement"));
    };
    if threads < 2 {
        return Verdict::not_measured(CLAIM, on, text!("스레드가 하나뿐입니다", "there is only one thread"));
    }
    let evidence = text!(
        "프로세스 하나에서 동시에 살아 있던 스레드 {alive}개",
        "{alive} threads were alive at once in one process"
    );
    Verdict::seen(CLAIM, on, alive > 1.0, evidence)
}

fn cells(on: &str, asked: &Text, said: &Report) -> Vec<Text> {
    let cell =
        |id: &str| Text::same(said.measure(id).map_or_else(|| "–".to_owned(), |m| unit::value(m.median(), m.unit)));
    vec![Text::same(on), asked.clone(), cell("alive"), cell("virtual"), cell("resident")]
}

fn titled(threads: usize, rows: Vec<Vec<Text>>) -> Table {
    Table {
        title: text!("스레드 하나의 비용, 스레드 {threads}개일 때", "What one thread costs, measured with {threads}"),
        head: vec![
            text!("대상", "runs on"),
            text!("스택", "stack"),
            text!("동시에 살아 있던 스레드", "alive at once"),
            text!("가상(VmSize)", "virtual (VmSize)"),
            text!("실제(VmHWM)", "resident (VmHWM)"),
        ],
        rows,
    }
}

fn notes() -> Vec<Text> {
    vec![
        text!(
            "행마다 새 프로세스에서 측정합니다. 스레드가 절반만 살아 있을 때와 모두 살아 있을 때의 차이를 그사이 늘어난 스레드 수로 나눕니다. malloc의 아레나처럼 한 번만 드는 비용은 앞의 절반에 포함됩니다.",
            "Each row is measured in a new process. The growth from half of the threads to all of them is divided by the number of threads added; costs that occur only once, such as malloc's arenas, are in the first half."
        ),
        text!(
            "커널이 스레드마다 따로 쓰는 메모리(커널 스택 16 KiB 등)는 어느 값에도 포함되지 않습니다.",
            "Neither value contains the kernel's own memory for each thread (16 KiB of kernel stack, and more)."
        ),
    ]
}

fn shows(report: &Report) -> Text {
    let of = |what: &str, row: StackSetup| {
        let m = report.measure(&format!("{what}.rust.{}", row.id()))?;
        Some(unit::value(m.median(), Unit::Bytes))
    };
    let plain = StackSetup { threads: 0, stack: STACKS[2], used: 0 };
    let used = StackSetup { used: USED, ..plain };
    let (Some(reserved), Some(resident), Some(used_memory)) =
        (of("virtual", plain), of("resident", plain), of("resident", used))
    else {
        return text!(
            "메모리가 부족한 것이 아니라 한도에 걸렸습니다. 이유는 위에 있습니다.",
            "Memory was not exhausted; a system limit was reached. The reason is above."
        );
    };
    text!(
        "스택이 8 MiB인 스레드 하나는 주소 공간 {reserved}, 실제 메모리 {resident}를 씁니다. 스택을 {USED} KiB 쓰면 실제 메모리는 {used_memory}가 됩니다. 메모리는 예약한 만큼이 아니라 사용한 만큼 듭니다.",
        "A thread with a stack of 8 MiB takes {reserved} of address space and {resident} of memory; if it uses {USED} KiB of its stack, {used_memory}. Memory is needed for what is used, not for what is reserved."
    )
}
