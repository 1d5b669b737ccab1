//! From a thousand to a million sleeping tasks and threads: memory per sleeper, CPU time for all, and the curves.
//!
//! Each row runs in its own process, because a process rarely returns memory to the system. A row is valid only if all its sleepers
//! were asleep when its memory was read. Otherwise it is measured again with a longer sleep, and rejected after the last attempt.
//!
//! Article: asyncio, "대규모 I/O 바운드 작업에 적합". Run: `cargo run --release -p asyncio -- million --most 1000000`.
//! Python twin: `python/million.py`. The same runtimes without any code of this project: `examples/bare.rs`.

pub mod measure;

use std::time::Duration;

use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::{Chart, Curve, Front, Measure, Report, Table, Unit, unit};
use lab::trace::{Lane, Trace};
use lab::{Result, terminal, text, twin_script};

use measure::Sleeper;

/// The hidden command that measures one row.
pub const ROW: &str = "sleepers";
/// The first size of a curve.
const SMALLEST: usize = 1000;
/// Length of the sleep in the first row. Later rows derive theirs from the row before.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// How often a row is measured until it is valid, each time with twice the sleep.
const TRIES: usize = 4;

/// The largest sizes to measure.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Tasks in Rust.
    pub tasks: usize,
    /// Threads in Rust.
    pub threads: usize,
    /// Tasks and threads in Python.
    pub twin: usize,
}

impl Limits {
    fn sizes(self, sleeper: Sleeper) -> Vec<usize> {
        sizes(if sleeper == Sleeper::Thread { self.threads } else { self.tasks })
    }
}

/// A valid row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Number of sleepers.
    pub many: usize,
    /// Memory per sleeper.
    pub bytes: f64,
    /// CPU time of the whole row in ns; `None` if the system does not report it.
    pub cpu: Option<f64>,
    /// Time until all slept, in ns.
    spawned: f64,
}

/// The rows of one kind of sleeper, and why the next one is missing.
#[derive(Clone, Debug)]
pub struct Rows {
    id: String,
    pub name: Text,
    /// By size, smallest first.
    pub rows: Vec<Row>,
    refused: Option<(usize, Text)>,
    lanes: Vec<Lane>,
}

/// `cargo run -p asyncio -- million`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!("Rust 태스크의 최대 수", "maximum number of tasks in Rust");
    let most = options.size("most", 10..=1_000_000, 100_000, about);
    let about = text!("Rust 스레드의 최대 수", "maximum number of threads in Rust");
    let threads = options.size("threads", 10..=100_000, 10_000, about);
    let about = text!("파이썬 태스크와 스레드의 최대 수", "maximum number of tasks and of threads in Python");
    let twin = options.size("twin", 10..=1_000_000, 3000, about);
    options.for_twins(twin);
    let about = text!(
        "천 개에서 백만 개까지: 자는 태스크와 스레드의 메모리",
        "a thousand to a million: memory of sleeping tasks and threads"
    );
    Experiment::new("million", about, options, move |a| {
        run(Limits { tasks: a.get(most), threads: a.get(threads), twin: a.get(twin) }, a.pythons())
    })
}

/// The hidden command that measures one row.
pub fn row_command() -> Experiment {
    let mut options = Options::new();
    let kind = options.choice("kind", Sleeper::TokioCurrentThread, Text::default());
    let tasks = options.size("tasks", 1..=1_000_000, 1, Text::default());
    let seconds = options.seconds("seconds", 0.0..=3600.0, 1.0, Text::default());
    Experiment::child(ROW, options, move |a| {
        terminal::print(&measure::row(a.get(kind), a.get(tasks), a.get(seconds))?.to_json());
        Ok(())
    })
}

/// Measures all rows, here and on CPython.
pub fn run(limits: Limits, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("asyncio/million");
    let mut all: Vec<Rows> = Sleeper::ALL.into_iter().map(|sleeper| in_rust(sleeper, &limits.sizes(sleeper))).collect();
    for python in pythons {
        all.extend(["asyncio", "threading"].map(|kind| on_python(python, kind, &sizes(limits.twin))));
    }
    let lanes = all.iter().flat_map(|rows| rows.lanes.iter().cloned()).collect();
    report.traces.push(Trace::new(text!("행마다 새 프로세스", "a new process for each row"), lanes));
    report.measures = all.iter().flat_map(Rows::measures).collect();
    report.measures_in_tables = true;
    report.charts = vec![memory(&all), cpu(&all)];
    report.tables = vec![
        table(&all, text!("개당 메모리", "memory per sleeper"), |row| Some(unit::value(row.bytes, Unit::Bytes))),
        table(&all, text!("전체 CPU 시간", "CPU time for all"), |row| Some(unit::duration(row.cpu?))),
    ];
    report.verdicts = verdicts(&all, pythons);
    report.notes = notes();
    report.notes.extend(all.iter().filter_map(Rows::refusal));
    if pythons.is_empty() {
        report.notes.push(text!(
            "CPython: 측정하지 않음: 파이썬 없이 실행했습니다",
            "CPython: not measured: no Python in this run"
        ));
    }
    // The lanes show only that each row had a process of its own.
    report.front = vec![Front::Chart(0)];
    report.shows = shows(&all);
    Ok(report)
}

/// 1,000, 10,000 and so on, and `most` at the end.
pub fn sizes(most: usize) -> Vec<usize> {
    let mut sizes: Vec<usize> = (0..).map(|n| SMALLEST * 10_usize.pow(n)).take_while(|&size| size < most).collect();
    sizes.push(most);
    sizes
}

fn in_rust(sleeper: Sleeper, sizes: &[usize]) -> Rows {
    Rows::measure(sleeper.id().to_owned(), Text::same(sleeper.name()), sizes, |many, pause| {
        let seconds = pause.as_secs_f64().to_string();
        let args = [ROW, "--kind", sleeper.id(), "--tasks", &many.to_string(), "--seconds", &seconds];
        python::own(&args.map(str::to_owned), limit(pause))
    })
}

fn on_python(python: &Interpreter, kind: &'static str, sizes: &[usize]) -> Rows {
    let id = python.measure_id(kind);
    Rows::measure(id, Text::same(format!("{python}: {kind}")), sizes, |many, pause| {
        let args = [kind.to_owned(), many.to_string(), pause.as_secs_f64().to_string()];
        python::run(python, twin_script!("million"), &args, limit(pause))
    })
}

/// A single row, without the curve; `runtimes` uses it.
pub fn one_in_rust(sleeper: Sleeper, many: usize) -> Rows {
    in_rust(sleeper, &[many])
}

/// A single row with the tasks of a Python.
pub fn one_on_python(python: &Interpreter, many: usize) -> Rows {
    on_python(python, "asyncio", &[many])
}

/// The time after which a row is regarded as hung: the usual limit and the sleep.
fn limit(pause: Duration) -> Duration {
    python::LIMIT + pause
}

/// The row that a process reported, if all its sleepers were asleep at the time of the snapshot.
pub fn judge(report: &Report, many: usize) -> Result<Row, Text> {
    let of = |id: &str| report.measure(id).map(Measure::median);
    let alive = of("alive").unwrap_or(0.0);
    if alive != many as f64 {
        return Err(text!(
            "{many}개 중 {alive:.0}개만 동시에 자고 있었습니다",
            "only {alive:.0} of {many} were asleep at the same time"
        ));
    }
    let Some(bytes) = of("bytes") else {
        return Err(text!(
            "이 시스템에서는 메모리 사용량을 알 수 없습니다",
            "this system does not report memory usage"
        ));
    };
    Ok(Row { many, bytes: bytes / many as f64, cpu: of("cpu"), spawned: of("spawned").unwrap_or(0.0) })
}

impl Rows {
    /// Measures the sizes in order, up to the first one that fails: a larger one would fail too.
    fn measure(id: String, name: Text, sizes: &[usize], row: impl Fn(usize, Duration) -> Result<Report, Text>) -> Rows {
        let mut all = Rows { id, name, rows: Vec::new(), refused: None, lanes: Vec::new() };
        for &many in sizes {
            let pause = all.pause(many);
            match first_valid(many, pause, &row) {
                Ok((row, report)) => {
                    all.rows.push(row);
                    let lanes = report.traces.into_iter().flat_map(|trace| trace.lanes);
                    let lanes: Vec<Lane> = lanes.map(|lane| all.named(lane, many)).collect();
                    all.lanes.extend(lanes);
                }
                Err(why) => {
                    all.refused = Some((many, why));
                    break;
                }
            }
        }
        all
    }

    /// How long `many` sleepers should sleep: twice the time that spawning them is expected to take, and some more.
    fn pause(&self, many: usize) -> Duration {
        self.rows.last().map_or(FIRST_PAUSE, |row| {
            FIRST_PAUSE / 2 + Duration::from_nanos((row.spawned * 2.0) as u64).mul_f64(many as f64 / row.many as f64)
        })
    }

    fn named(&self, lane: Lane, many: usize) -> Lane {
        Lane { name: Text::same(format!("{many} × {}", self.name.en)), ..lane }
    }

    fn measures(&self) -> Vec<Measure> {
        let (id, name) = (&self.id, &self.name.en);
        let mut all = Vec::new();
        for Row { many, bytes, cpu, .. } in &self.rows {
            let each = text!("{name} × {many}: 개당 메모리", "{name} × {many}: memory per sleeper");
            all.push(Measure::new(format!("bytes.{id}.{many}"), each, Unit::Bytes, vec![*bytes]));
            let time = text!("{name} × {many}: CPU 시간", "{name} × {many}: CPU time");
            all.extend(cpu.map(|cpu| Measure::new(format!("cpu.{id}.{many}"), time, Unit::Ns, vec![cpu])));
        }
        all
    }

    /// The note that says which row is missing and why.
    pub fn refusal(&self) -> Option<Text> {
        let (name, (many, why)) = (&self.name.en, self.refused.as_ref()?);
        let (ko, en) = (&why.ko, &why.en);
        Some(text!("{name} × {many}: 측정하지 않음: {ko}", "{name} × {many}: not measured: {en}"))
    }

    fn curve(&self, of: impl Fn(&Row) -> Option<f64>) -> Curve {
        let points = self.rows.iter().filter_map(|row| Some((row.many as f64, of(row)?)));
        Curve::measured(self.name.clone(), points.filter(|point| point.1 > 0.0).collect())
    }
}

/// The first valid row, with twice the sleep in each attempt.
fn first_valid(
    many: usize,
    pause: Duration,
    row: impl Fn(usize, Duration) -> Result<Report, Text>,
) -> Result<(Row, Report), Text> {
    let mut last = Text::default();
    for n in 0..TRIES {
        let report = row(many, pause * 2_u32.pow(n as u32))?;
        match judge(&report, many) {
            Ok(row) => return Ok((row, report)),
            Err(why) => last = why,
        }
    }
    Err(last)
}

fn memory(all: &[Rows]) -> Chart {
    let title =
        text!("모두 자는 동안의 메모리(세로)와 개수(가로)", "memory while all are asleep (y), number of sleepers (x)");
    let curves = all.iter().map(|rows| rows.curve(|row| Some(row.bytes * row.many as f64)));
    Chart { title, x: Unit::Count, y: Unit::Bytes, curves: curves.filter(|curve| !curve.points.is_empty()).collect() }
}

fn cpu(all: &[Rows]) -> Chart {
    let title = text!("CPU 시간(세로)과 개수(가로)", "CPU time (y), number of sleepers (x)");
    let curves = all.iter().map(|rows| rows.curve(|row| row.cpu));
    Chart { title, x: Unit::Count, y: Unit::Ns, curves: curves.filter(|curve| !curve.points.is_empty()).collect() }
}

/// The claim's id in the ledger.
const CLAIM: &str = "tasks-lighter-than-threads";

/// One verdict on Rust, one on each Python.
fn verdicts(all: &[Rows], pythons: &[Interpreter]) -> Vec<Verdict> {
    let of = |id: &str| all.iter().find(|rows| rows.id == id);
    let rust = [Sleeper::TokioCurrentThread, Sleeper::Thread].map(|sleeper| of(sleeper.id()));
    let mut verdicts = vec![judge_memory("Rust, tokio", rust)];
    verdicts.extend(pythons.iter().map(|python| {
        let kinds = ["asyncio", "threading"].map(|kind| of(&python.measure_id(kind)));
        judge_memory(&python.to_string(), kinds)
    }));
    if pythons.is_empty() {
        let why = python::none_in_this_run();
        verdicts.push(Verdict::not_measured(CLAIM, "CPython", why));
    }
    verdicts
}

/// By the memory of a task and of a thread, each with the largest number of them that was measured.
pub fn judge_memory(on: &str, kinds: [Option<&Rows>; 2]) -> Verdict {
    let [task, thread] = kinds.map(|rows| rows.and_then(|rows| rows.rows.last()));
    let (Some(task), Some(thread)) = (task, thread) else {
        let why = kinds.into_iter().flatten().find_map(|rows| rows.refused.as_ref().map(|(_, why)| why.clone()));
        let why = why.unwrap_or_else(|| text!("측정값이 없습니다", "no measurement"));
        return Verdict::not_measured(CLAIM, on, why);
    };
    let [each_task, each_thread] = [task, thread].map(|row| unit::value(row.bytes, Unit::Bytes));
    let (tasks, threads) = (task.many, thread.many);
    let evidence = text!(
        "태스크 하나 {each_task}({tasks}개일 때), 스레드 하나 {each_thread}({threads}개일 때)",
        "a task takes {each_task} (of {tasks}), a thread {each_thread} (of {threads})"
    );
    Verdict::seen(CLAIM, on, task.bytes < thread.bytes, evidence)
}

/// A table with one row per kind of sleeper and one column per number of sleepers.
fn table(all: &[Rows], title: Text, cell: impl Fn(&Row) -> Option<String>) -> Table {
    let mut columns: Vec<usize> = all.iter().flat_map(|rows| rows.rows.iter().map(|row| row.many)).collect();
    columns.sort_unstable();
    columns.dedup();
    let line = |rows: &Rows| {
        let of = |many: &usize| rows.rows.iter().find(|row| row.many == *many).and_then(&cell);
        let cells = columns.iter().map(|many| Text::same(of(many).unwrap_or_else(|| "–".to_owned())));
        [rows.name.clone()].into_iter().chain(cells).collect()
    };
    let head = [text!("종류", "sleeper")].into_iter().chain(columns.iter().map(|many| Text::same(many.to_string())));
    Table { title, head: head.collect(), rows: all.iter().map(line).collect() }
}

fn notes() -> Vec<Text> {
    vec![
        text!(
            "행마다 새 프로세스에서 측정했습니다. 개당 메모리는 모두 자고 있을 때까지 늘어난 프로세스 전용 메모리를 개수로 나눈 값입니다. 그때 모두 자고 있지 않았던 행은 버리고 더 오래 자게 해서 다시 측정했습니다.",
            "Each row was measured in a new process. Memory per sleeper is the growth of the process's private memory until all were asleep, divided by their number. A row in which not all were asleep at that time was discarded and measured again with a longer sleep."
        ),
        text!(
            "태스크와 스레드는 개별 기록을 남기지 않고 카운터 2개를 공유합니다. 그림의 레인은 프로세스를 나타냅니다. 스레드의 메모리에는 커널이 스레드마다 쓰는 메모리와 아직 쓰지 않은 스택이 포함되지 않습니다.",
            "Sleepers keep no records of their own; all share two counters. The lanes are those of the processes. A thread's memory includes neither the kernel's memory for the thread nor the part of its stack that it has not used."
        ),
    ]
}

fn shows(all: &[Rows]) -> Text {
    let biggest = |rows: &Rows| rows.rows.last().map(|row| (row.many, row.bytes));
    let tasks = all.iter().take(Sleeper::ALL.len() - 1).filter_map(biggest);
    let (least, most) =
        tasks.fold((f64::NAN, f64::NAN), |(least, most), (_, bytes)| (bytes.min(least), bytes.max(most)));
    let many = all.first().and_then(biggest).map_or(0, |(many, _)| many);
    let (least, most) = (unit::value(least, Unit::Bytes), unit::value(most, Unit::Bytes));
    let thread = all.iter().find(|rows| rows.id == Sleeper::Thread.id()).and_then(biggest);
    let thread = thread.map_or_else(|| "–".to_owned(), |(_, bytes)| unit::value(bytes, Unit::Bytes));
    text!(
        "자는 태스크 하나는 런타임에 따라 {least}에서 {most}({many}개일 때), 자는 스레드 하나는 {thread}의 메모리를 씁니다. 기다리는 시간은 양쪽이 같습니다. 수가 많아지면 메모리, 그리고 생성과 정리에 드는 CPU 시간에서 차이가 납니다.",
        "A sleeping task takes {least} to {most} of memory, depending on the runtime (with {many} tasks), and a sleeping thread takes {thread}. Both wait for the same time. With large numbers they differ in memory and in the CPU time to create and remove them."
    )
}
