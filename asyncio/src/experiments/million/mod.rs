//! From a thousand to a million sleepers, tasks and threads: bytes for each, CPU time for all, and the curves.
//!
//! Each row is a process of its own, for memory that was once used is not given back. A row counts only if all its sleepers were
//! asleep at the same time when its memory was read; else it is tried again with a longer sleep, and then refused.
//!
//! Article: asyncio, "대규모 I/O 바운드 작업에 적합". Run: `cargo run --release -p asyncio -- million --most 1000000`.
//! Python twin: `python/million.py`. The runtimes alone, without this crate: `examples/bare.rs`.

pub mod measure;

use std::time::Duration;

use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::{Chart, Curve, Front, Measure, Report, Table, Unit, unit};
use lab::trace::{Lane, Trace};
use lab::{Result, terminal, text, twin_script};

use measure::Sleeper;

/// The name of the child experiment that is one row.
pub const ROW: &str = "sleepers";
/// The fewest that a curve begins with.
const LEAST: usize = 1000;
/// Sleep of the first row; later ones are told by the row before.
const FIRST: Duration = Duration::from_millis(100);
/// How often a row is tried, each time with twice the sleep.
const TRIES: usize = 4;

/// How many, at the most.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    /// Tasks in Rust.
    pub tasks: usize,
    /// Threads in Rust.
    pub threads: usize,
    /// Tasks and threads in Python.
    pub twin: usize,
}

impl Most {
    fn sizes(self, sleeper: Sleeper) -> Vec<usize> {
        sizes(if sleeper == Sleeper::Thread { self.threads } else { self.tasks })
    }
}

/// A row that counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// How many slept together.
    pub many: usize,
    /// For each of them.
    pub bytes: f64,
    /// For all of them, in ns; `None` where the system does not tell.
    pub cpu: Option<f64>,
    /// Until all slept, in ns.
    spawned: f64,
}

/// The rows of one kind of sleeper, and why one is missing.
#[derive(Clone, Debug)]
pub struct Rows {
    id: String,
    pub name: Text,
    /// From few to many.
    pub rows: Vec<Row>,
    refused: Option<(usize, Text)>,
    lanes: Vec<Lane>,
}

/// `cargo run -p asyncio -- million`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!("Rust 태스크는 많아야 이만큼", "the most tasks in Rust");
    let most = options.size("most", 10..=1_000_000, 100_000, about);
    let about = text!("Rust 스레드는 많아야 이만큼", "the most threads in Rust");
    let threads = options.size("threads", 10..=100_000, 10_000, about);
    let about = text!("파이썬에서는 많아야 이만큼", "the most of each in Python");
    let twin = options.size("twin", 10..=1_000_000, 3000, about);
    options.for_twins(twin);
    let about = text!(
        "천에서 백만까지: 자는 태스크와 스레드의 메모리",
        "a thousand to a million: memory of sleeping tasks, threads"
    );
    Experiment::new("million", about, options, move |a| {
        run(Most { tasks: a.get(most), threads: a.get(threads), twin: a.get(twin) }, a.pythons())
    })
}

/// The child that measures one row.
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
pub fn run(most: Most, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("asyncio/million");
    let mut all: Vec<Rows> = Sleeper::ALL.into_iter().map(|sleeper| in_rust(sleeper, &most.sizes(sleeper))).collect();
    for python in pythons {
        all.extend(["asyncio", "threading"].map(|kind| on_python(python, kind, &sizes(most.twin))));
    }
    let lanes = all.iter().flat_map(|rows| rows.lanes.iter().cloned()).collect();
    report.traces.push(Trace::new(text!("줄마다 새 프로세스", "a fresh process for each row"), lanes));
    report.measures = all.iter().flat_map(Rows::measures).collect();
    report.measures_in_tables = true;
    report.charts = vec![memory(&all), cpu(&all)];
    report.tables = vec![
        table(&all, text!("하나에 드는 메모리", "memory for each"), |row| {
            Some(unit::value(row.bytes, Unit::Bytes))
        }),
        table(&all, text!("모두에 든 CPU 시간", "CPU time for all"), |row| Some(unit::duration(row.cpu?))),
    ];
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

/// 1,000, 10,000 and so on, and the most at the end.
pub fn sizes(most: usize) -> Vec<usize> {
    let mut sizes: Vec<usize> = (0..).map(|n| LEAST * 10_usize.pow(n)).take_while(|&size| size < most).collect();
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

/// A single row, for who wants no curve.
pub fn one_in_rust(sleeper: Sleeper, many: usize) -> Rows {
    in_rust(sleeper, &[many])
}

/// The same of Python's tasks.
pub fn one_on_python(python: &Interpreter, many: usize) -> Rows {
    on_python(python, "asyncio", &[many])
}

/// A row that takes so much longer than it sleeps has hung.
fn limit(pause: Duration) -> Duration {
    python::LIMIT + pause
}

/// What a process reported of a row, if all slept together when it looked.
pub fn judge(report: &Report, many: usize) -> Result<Row, Text> {
    let of = |id: &str| report.measure(id).map(Measure::median);
    let alive = of("alive").unwrap_or(0.0);
    if alive != many as f64 {
        return Err(text!(
            "{many}개 가운데 {alive:.0}개만 함께 자고 있었습니다",
            "only {alive:.0} of {many} were asleep at the same time"
        ));
    }
    let Some(bytes) = of("bytes") else {
        return Err(text!("이 시스템은 메모리를 알려 주지 않습니다", "this system does not tell memory"));
    };
    Ok(Row { many, bytes: bytes / many as f64, cpu: of("cpu"), spawned: of("spawned").unwrap_or(0.0) })
}

impl Rows {
    /// All sizes in turn, until one is refused: a larger one would be too.
    fn measure(id: String, name: Text, sizes: &[usize], row: impl Fn(usize, Duration) -> Result<Report, Text>) -> Rows {
        let mut all = Rows { id, name, rows: Vec::new(), refused: None, lanes: Vec::new() };
        for &many in sizes {
            let pause = all.pause(many);
            match first_that_counts(many, pause, &row) {
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

    /// Twice as long as spawning so many should take, and a little.
    fn pause(&self, many: usize) -> Duration {
        self.rows.last().map_or(FIRST, |row| {
            FIRST / 2 + Duration::from_nanos((row.spawned * 2.0) as u64).mul_f64(many as f64 / row.many as f64)
        })
    }

    fn named(&self, lane: Lane, many: usize) -> Lane {
        Lane { name: Text::same(format!("{many} × {}", self.name.en)), ..lane }
    }

    fn measures(&self) -> Vec<Measure> {
        let (id, name) = (&self.id, &self.name.en);
        let mut all = Vec::new();
        for Row { many, bytes, cpu, .. } in &self.rows {
            let each = text!("{name} × {many}: 하나에 드는 메모리", "{name} × {many}: memory for each");
            all.push(Measure::new(format!("bytes.{id}.{many}"), each, Unit::Bytes, vec![*bytes]));
            let time = text!("{name} × {many}: CPU 시간", "{name} × {many}: CPU time");
            all.extend(cpu.map(|cpu| Measure::new(format!("cpu.{id}.{many}"), time, Unit::Ns, vec![cpu])));
        }
        all
    }

    /// The line that says which row is missing, and why.
    pub fn refusal(&self) -> Option<Text> {
        let (name, (many, why)) = (&self.name.en, self.refused.as_ref()?);
        let (ko, en) = (&why.ko, &why.en);
        Some(text!("{name} × {many}: 측정하지 않음: {ko}", "{name} × {many}: not measured: {en}"))
    }

    fn curve(&self, of: impl Fn(&Row) -> Option<f64>) -> Curve {
        let points = self.rows.iter().filter_map(|row| Some((row.many as f64, of(row)?)));
        Curve { name: self.name.clone(), points: points.filter(|point| point.1 > 0.0).collect() }
    }
}

/// The row of the first try in which all slept together.
fn first_that_counts(
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
        text!("모두가 자는 동안의 메모리 (세로) / 수 (가로)", "memory while all are asleep, by how many there are");
    let curves = all.iter().map(|rows| rows.curve(|row| Some(row.bytes * row.many as f64)));
    Chart { title, x: Unit::Count, y: Unit::Bytes, curves: curves.filter(|curve| !curve.points.is_empty()).collect() }
}

fn cpu(all: &[Rows]) -> Chart {
    let title = text!("CPU 시간 (세로) / 수 (가로)", "CPU time, by how many there are");
    let curves = all.iter().map(|rows| rows.curve(|row| row.cpu));
    Chart { title, x: Unit::Count, y: Unit::Ns, curves: curves.filter(|curve| !curve.points.is_empty()).collect() }
}

/// A row a kind, a column a number of sleepers.
fn table(all: &[Rows], title: Text, cell: impl Fn(&Row) -> Option<String>) -> Table {
    let mut columns: Vec<usize> = all.iter().flat_map(|rows| rows.rows.iter().map(|row| row.many)).collect();
    columns.sort_unstable();
    columns.dedup();
    let line = |rows: &Rows| {
        let of = |many: &usize| rows.rows.iter().find(|row| row.many == *many).and_then(&cell);
        let cells = columns.iter().map(|many| Text::same(of(many).unwrap_or_else(|| "–".to_owned())));
        [rows.name.clone()].into_iter().chain(cells).collect()
    };
    let head = [text!("자는 것", "sleeper")].into_iter().chain(columns.iter().map(|many| Text::same(many.to_string())));
    Table { title, head: head.collect(), rows: all.iter().map(line).collect() }
}

fn notes() -> Vec<Text> {
    vec![
        text!(
            "줄마다 새 프로세스에서 쟀습니다. 메모리는 모두가 잠든 순간에 늘어나 있던 만큼(이 프로세스만의 것)을 수로 나눈 것이고, 그 순간 모두가 함께 자고 있지 않았던 줄은 버리고 더 긴 잠으로 다시 쟀습니다.",
            "Every row was measured in a fresh process. Memory is what the process had grown by at a moment when all were asleep (what is its own), divided by their number; a row in which they were not asleep together was dropped and measured again with a longer sleep."
        ),
        text!(
            "자는 것 하나하나는 기록을 남기지 않습니다. 모두가 카운터 둘을 함께 쓰며, 그림의 레인은 프로세스의 것입니다. 스레드의 메모리에는 커널이 따로 쓰는 몫과 쓰지 않은 스택이 들어 있지 않습니다.",
            "No sleeper keeps a record of itself: all share two counters, and the lanes are those of the processes. What the kernel keeps for a thread, and the stack that it does not use, is not in a thread's memory."
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
        "자는 태스크 하나에 {least}에서 {most}(런타임에 따라, {many}개일 때), 자는 스레드 하나에 {thread}가 듭니다. 기다리는 시간은 어느 쪽이나 같습니다. 수가 많을 때 갈리는 것은 메모리와, 만들고 치우는 데 드는 CPU 시간입니다.",
        "A sleeping task takes {least} to {most} (by runtime, {many} of them), a sleeping thread {thread}. Neither waits for less time: with great numbers what differs is memory, and the CPU time to make them and clear them away."
    )
}
