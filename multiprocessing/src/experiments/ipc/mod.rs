//! What a message costs by its size, over four transports; and how much work a task needs before processes pay.
//!
//! A pipe copies every byte twice, into the kernel and out of it. In shared memory the bytes are written once, and only their place
//! is sent. A channel to a thread moves a pointer.
//!
//! Article: 멀티프로세싱, 특징 (IPC). Run: `cargo run -p multiprocessing -- ipc`. Python twin: `python/ipc.py`.

mod break_even;

use std::time::Instant;

use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Measure, Report, Table, Unit};
use lab::stats;
use lab::{Error, Result, machine, text, twin_script};

use crate::echo::{self, EchoProcess, EchoThread};
use crate::pool_errors::{self, Bilingual};
use break_even::BreakEven;
use process_pool::{Bytes, Pool, task};

pub use break_even::COUNT_UP;

pub fn command() -> Experiment {
    let mut options = Options::new();
    let workers = options.size("workers", 1..=64, 2, text!("워커 수", "workers"));
    let rounds = options.rounds(3);
    Experiment::new(
        "ipc",
        text!(
            "메시지 하나의 비용, 그리고 프로세스의 손익분기점",
            "what a message costs, and the break-even point of processes"
        ),
        options,
        move |a| run(a.get(workers), a.get(rounds), a.pythons()),
    )
}

/// The sizes of messages, in bytes, and how often each is sent in a round.
const SIZES: [(usize, usize); 6] =
    [(16, 200), (1 << 10, 200), (16 << 10, 200), (256 << 10, 50), (1 << 20, 20), (16 << 20, 3)];

task! {
    /// Returns a copy of its argument: as much work as the echo over a pipe does.
    pub static COPY: fn(Bytes) -> Bytes = |bytes| Bytes::with(bytes.len(), |copy| copy.copy_from_slice(&bytes));
    /// Returns its argument: in shared memory nothing is copied.
    pub static HAND_OVER: fn(Bytes) -> Bytes = |bytes| bytes;
}

/// In the order of the columns.
fn transports() -> [(&'static str, Text); 4] {
    [
        ("pipe", text!("파이프", "pipe")),
        ("pool", text!("풀", "pool")),
        ("shared", text!("공유 메모리", "shared memory")),
        ("thread", text!("스레드", "thread")),
    ]
}

/// Measures messages and the break-even point.
pub fn run(workers: usize, rounds: usize, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("multiprocessing/ipc");
    for (size, times) in SIZES {
        report.measures.extend(messages(size, times * rounds)?);
    }
    report.tables.push(table(&report.measures));
    let verdict = judge("Rust", &report);
    report.verdicts.push(verdict);
    let even = break_even::measure(workers, rounds)?;
    let foreign = even.foreign;
    report.tables.push(even.table());
    report.shows = shows(&report, &even);
    report.measures.extend(even.measures());
    report.measures_in_tables = true;
    report.notes = vec![
        text!(
            "왕복: 메시지를 보내고, 상대가 복사해 돌려보내고, 받은 것을 다시 복사할 때까지의 시간입니다. '공유 메모리'는 복사하지 않고 바이트가 있는 위치만 알립니다.",
            "Round trip: the message is sent, copied and returned by the other side, and copied again on arrival. 'Shared memory' copies nothing: only the position of the bytes is sent."
        ),
        text!(
            "풀은 64 KiB부터 자동으로 공유 메모리를 씁니다. 한 번 쓴 블록을 재사용하므로 페이지 폴트가 생기지 않습니다.",
            "From 64 KiB on, the pool uses shared memory automatically. Its blocks are reused, so there are no further page faults."
        ),
        machine::others_used(foreign),
    ];
    let args = [rounds.to_string()];
    python::join(&mut report, pythons, twin_script!("ipc"), &args, &[CLAIM], |python, twin| {
        vec![judge(&python.to_string(), twin)]
    });
    let theirs: Vec<Table> = pythons.iter().filter_map(|python| twin_table(&report, python)).collect();
    report.tables.extend(theirs);
    Ok(report)
}

/// The claim's id in the ledger.
const CLAIM: &str = "ipc-cost-grows";

/// The verdict by the fastest round trips of the smallest and of the largest message through the pipe: other programs make a round
/// trip slower, never faster.
fn judge(on: &str, measured: &Report) -> Verdict {
    let [(small, _), .., (large, _)] = SIZES;
    let least = |size: usize| measured.measure(&format!("message.{size}.pipe")).map(Measure::least);
    let (Some(quick), Some(slow)) = (least(small), least(large)) else {
        return Verdict::not_measured(CLAIM, on, text!("측정값이 없습니다", "no measurement"));
    };
    let [small, large] = [small, large].map(|size| unit::value(size as f64, Unit::Bytes));
    let [quick_shown, slow_shown] = [quick, slow].map(|ns| unit::value(ns, Unit::Ns));
    let evidence = text!(
        "파이프 왕복의 최솟값: {small} {quick_shown}, {large} {slow_shown}",
        "fastest round trip through the pipe: {small} {quick_shown}, {large} {slow_shown}"
    );
    Verdict::seen(CLAIM, on, slow > quick, evidence)
}

/// One size, all transports in turn.
fn messages(size: usize, times: usize) -> Result<Vec<Measure>> {
    let mut echo = EchoProcess::start(size).map_err(echo::cannot_measure)?;
    let thread = EchoThread::start()?;
    let pool = Pool::builder().workers(1).build().map_err(pool_errors::failed)?;
    let (message, mut answer) = (vec![7; size], vec![0; size]);
    let ready = pool.bytes(size, |bytes| bytes.fill(7));
    let mut samples = transports().map(|_| Vec::with_capacity(times));
    for _ in 0..=times {
        let took = [
            timed(|| echo.round_trip(&message, &mut answer).map_err(echo::cannot_measure))?,
            timed(|| pool_round_trip(&pool, &message, &mut answer))?,
            timed(|| pool.call(&HAND_OVER, &ready).map(drop).map_err(|failure| Error::failed(failure.text())))?,
            timed(|| thread_round_trip(&thread, &message, &mut answer))?,
        ];
        samples.iter_mut().zip(took).for_each(|(samples, took)| samples.push(took));
    }
    echo.end().map_err(echo::cannot_measure)?;
    let measure = |((id, name), samples): ((&str, Text), Vec<f64>)| {
        let shown = unit::value(size as f64, Unit::Bytes);
        let name = Text { ko: format!("{shown} 왕복, {}", name.ko), en: format!("{shown} round trip, {}", name.en) };
        // The first round pays for page faults and for a worker that is still starting.
        Measure::new(format!("message.{size}.{id}"), name, Unit::Ns, samples[1..].to_vec())
    };
    Ok(transports().into_iter().zip(samples).map(measure).collect())
}

fn timed(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_nanos() as f64)
}

fn pool_round_trip(pool: &Pool, message: &[u8], answer: &mut [u8]) -> Result<()> {
    let sent = pool.bytes(message.len(), |bytes| bytes.copy_from_slice(message));
    let got = pool.call(&COPY, &sent).map_err(|failure| Error::failed(failure.text()))?;
    answer.copy_from_slice(&got);
    Ok(())
}

/// The message is copied into a buffer, the buffer moves there and back, and is copied out.
fn thread_round_trip(thread: &EchoThread, message: &[u8], answer: &mut [u8]) -> Result<()> {
    let mut buffer = message.to_vec();
    thread.round_trip(&mut buffer).map_err(echo::cannot_measure)?;
    answer.copy_from_slice(&buffer);
    Ok(())
}

fn table(measures: &[Measure]) -> Table {
    let cell = |m: &Measure| {
        let (least, _) = stats::range(&m.samples).unwrap_or_default();
        let (median, least) = (unit::value(m.median(), m.unit), unit::value(least, m.unit));
        text!("{median} (최소 {least})", "{median} (min {least})")
    };
    let row = |((size, _), four): ((usize, usize), &[Measure])| {
        let first = Text::same(unit::value(size as f64, Unit::Bytes));
        [first].into_iter().chain(four.iter().map(cell)).collect()
    };
    Table {
        title: text!("메시지 왕복, 중앙값", "Round trip of a message, medians"),
        head: [text!("크기", "size")].into_iter().chain(transports().map(|(_, name)| name)).collect(),
        rows: SIZES.into_iter().zip(measures.chunks(transports().len())).map(row).collect(),
    }
}

/// The twin's measurements, a row for each size.
fn twin_table(report: &Report, python: &Interpreter) -> Option<Table> {
    let prefix = python.measure_id("");
    let theirs: Vec<(&str, &str, &Measure)> = report
        .measures
        .iter()
        .filter_map(|m| {
            let (size, transport) = m.id.strip_prefix(&prefix)?.strip_prefix("message.")?.split_once('.')?;
            Some((size, transport, m))
        })
        .collect();
    let transports = ["pipe", "pool", "shared", "thread"];
    let row = |size: usize| -> Option<Vec<Text>> {
        let of = |id: &str| theirs.iter().find(|(s, t, _)| *s == size.to_string() && *t == id).map(|(_, _, m)| *m);
        of("pipe")?;
        // Before 3.8 there is no shared memory; the twin's note says so.
        let cell = |m: &Measure| Text::same(unit::value(m.median(), m.unit));
        let cells = transports.iter().map(|transport| of(transport).map_or_else(|| Text::same("–"), cell));
        Some([Text::same(unit::value(size as f64, Unit::Bytes))].into_iter().chain(cells).collect())
    };
    let rows: Vec<Vec<Text>> = SIZES.iter().filter_map(|(size, _)| row(*size)).collect();
    (!rows.is_empty()).then(|| Table {
        title: text!("{python}: 메시지 왕복, 중앙값", "{python}: round trip of a message, medians"),
        head: vec![
            text!("크기", "size"),
            Text::same("Pipe"),
            Text::same("Pool"),
            Text::same("SharedMemory"),
            Text::same("Thread + Queue"),
        ],
        rows,
    })
}

fn shows(report: &Report, even: &BreakEven) -> Text {
    let median = |id: &str| report.measure(id).map_or(f64::NAN, Measure::median);
    let (small, large) = (median("message.16.pool"), median("message.1048576.pool"));
    let pipe = median("message.1048576.pipe");
    let (small, large, pipe) =
        (unit::value(small, Unit::Ns), unit::value(large, Unit::Ns), unit::value(pipe, Unit::Ns));
    let even = even.text();
    Text {
        ko: format!(
            "풀에 작은 작업 하나를 맡기고 결과를 받는 데 {small}, 1 MiB를 주고받는 데 {large}(파이프로는 {pipe})가 걸립니다. {}",
            even.ko
        ),
        en: format!(
            "A small task on the pool costs {small}, 1 MiB there and back {large} (through a pipe {pipe}). {}",
            even.en
        ),
    }
}
