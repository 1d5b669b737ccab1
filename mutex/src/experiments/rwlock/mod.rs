//! Many readers or one writer. What a read lock lets you see may be over before you have the write lock: look again.
//!
//! Article: 뮤텍스(Mutex). Run: `cargo run -p mutex -- rwlock`. No Python twin: its standard library has no such lock.

use std::sync::{Mutex, RwLock};
use std::thread;
use std::time::Duration;

use crossbeam::sync::ShardedLock;
use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::report::unit;
use lab::report::{Measure, Report, Table, Unit};
use lab::trace::{State, Trace};
use lab::{Result, clock, stats, text};
use parking_lot::RwLock as ParkingLot;

use crate::claims;
use crate::outcomes::{self, Tally};
use crate::start_barrier::record_together;
use crate::start_barrier::start_together;

pub mod cache;

/// A way to be inside: as a reader or as a writer.
type Inside = Box<dyn Fn(&mut dyn FnMut()) + Send + Sync>;

/// A lock, asked for reading and for writing.
pub struct Kind {
    /// Its name in measurements.
    pub name: &'static str,
    pub read: Inside,
    pub write: Inside,
}

macro_rules! kind {
    ($name:literal, $lock:expr, $read:ident, $write:ident) => {{
        let readers = std::sync::Arc::new($lock);
        let writers = std::sync::Arc::clone(&readers);
        Kind {
            name: $name,
            read: Box::new(move |inside| {
                let _held = readers.$read();
                inside();
            }),
            write: Box::new(move |inside| {
                let _held = writers.$write();
                inside();
            }),
        }
    }};
}

/// The locks that are compared.
pub fn kinds() -> Vec<Kind> {
    vec![
        kind!("std_mutex", Mutex::new(()), lock, lock),
        kind!("std_rwlock", RwLock::new(()), read, write),
        kind!("parking_lot_rwlock", ParkingLot::new(()), read, write),
        kind!("sharded_lock", ShardedLock::new(()), read, write),
    ]
}

/// Three readers and a writer, each inside for a while; inside they wait, so that no core is needed.
pub fn pictured(kind: &Kind, turns: usize, inside: &(dyn Fn() + Sync)) -> Result<Trace> {
    let reader = |n: usize| text!("리더 {n}", "Reader {n}");
    let names = vec![reader(0), reader(1), reader(2), text!("라이터", "Writer")];
    let name = kind.name;
    let (trace, _) = record_together(text!("Rust, {name}", "Rust, {name}"), names, |n, lane| {
        let (around, state) = if n == 3 { (&kind.write, State::Running) } else { (&kind.read, State::WaitingForIo) };
        for _ in 0..turns {
            lane.enter(State::WaitingForLock);
            around(&mut || {
                lane.enter(state);
                inside();
                lane.leave(); // before the lock is free
            });
            thread::sleep(Duration::from_millis(1));
        }
    })?;
    Ok(trace)
}

const LASTING: Duration = Duration::from_millis(20);
const REPEATS: usize = 3;

/// Time of one short read in ns, with so many readers at once and no writer.
fn reads(kind: &Kind, threads: usize) -> Result<f64> {
    let start = clock::now();
    let made = start_together(threads, |_| {
        let deadline = clock::now() + LASTING.as_nanos() as u64;
        let mut made = 0_u64;
        while clock::now() < deadline {
            for _ in 0..64 {
                (kind.read)(&mut || made += 1);
            }
        }
        made
    })?;
    Ok((clock::now() - start) as f64 / made.iter().sum::<u64>() as f64)
}

/// `cargo run -p mutex -- rwlock`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!("두 스레드가 캐시를 조회하는 횟수", "how often two threads query the cache");
    let rounds = options.count("rounds", 1..=100_000, 2000, about);
    let threads = options.threads(2..=64, 4);
    let about = text!("여러 리더 또는 라이터 하나", "many readers or one writer");
    Experiment::new("rwlock", about, options, move |a| run(a.get(rounds), a.get(threads)))
}

pub fn run(rounds: u64, threads: usize) -> Result<Report> {
    let mut report = Report::new("mutex/rwlock");
    for kind in kinds().iter().filter(|kind| ["std_mutex", "parking_lot_rwlock"].contains(&kind.name)) {
        report.traces.push(pictured(kind, 4, &|| thread::sleep(Duration::from_millis(3)))?);
    }
    let mut tallies = Vec::new();
    for (name, get, lines) in cache::VARIANTS {
        let mut tally = Tally::new(name, lines);
        for _ in 0..rounds {
            tally.add(cache::ask_twice(get, &thread::yield_now)?, 1);
        }
        tally.check()?;
        report.measures.extend(tally.measures());
        tallies.push(tally);
    }
    let title = text!("두 스레드가 빈 캐시를 동시에 조회한 결과", "two threads query an empty cache at once");
    report.tables.push(outcomes::table(title, &tallies));
    let prices = prices(threads)?;
    report.tables.push(price_table(&prices, threads));
    report.shows = shows(&tallies, &report.traces, &prices, threads);
    report.verdicts = judge(&report.traces[0], &report.traces[1]);
    report.measures.extend(prices.into_iter().flatten());
    report.measures_in_tables = true;
    report.notes = notes();
    Ok(report)
}

/// A short read, alone and beside others, of every lock.
fn prices(threads: usize) -> Result<Vec<[Measure; 2]>> {
    let kinds = kinds();
    let mut samples = vec![[Vec::new(), Vec::new()]; kinds.len()];
    for _ in 0..REPEATS {
        for (kind, [alone, beside]) in kinds.iter().zip(&mut samples) {
            alone.push(reads(kind, 1)?);
            beside.push(reads(kind, threads)?);
        }
    }
    let measure = |name: &str, n: usize, samples: Vec<f64>| {
        let what = text!("{name}, 리더 {n}개: 읽기 한 번", "{name}, readers {n}: one read");
        Measure::new(format!("read.{name}.{n}"), what, Unit::Ns, samples)
    };
    let both = |(kind, [alone, beside]): (&Kind, [Vec<f64>; 2])| {
        [measure(kind.name, 1, alone), measure(kind.name, threads, beside)]
    };
    Ok(kinds.iter().zip(samples).map(both).collect())
}

fn price_table(prices: &[[Measure; 2]], threads: usize) -> Table {
    let value = |m: &Measure| Text::same(unit::value(m.median(), Unit::Ns));
    let row =
        |(kind, [alone, beside]): (&Kind, &[Measure; 2])| vec![Text::same(kind.name), value(alone), value(beside)];
    Table {
        title: text!("짧은 읽기 한 번에 걸리는 시간(쓰기 없음)", "time of one short read, with no writer"),
        head: vec![
            text!("락", "lock"),
            text!("리더 1개", "1 reader"),
            text!("리더 {threads}개 동시에", "{threads} readers at once"),
        ],
        rows: kinds().iter().zip(prices).map(row).collect(),
    }
}

/// The verdicts by the most threads that were inside at once: of the mutex all of them, of the readers-writer lock the readers.
pub fn judge(mutex: &Trace, rwlock: &Trace) -> Vec<Verdict> {
    let readers = rwlock.peak_in_flight(&[State::WaitingForIo]);
    let evidence = text!("동시에 읽은 리더 최대 {readers}개", "at most {readers} readers at once");
    vec![
        claims::one_at_a_time("Rust, std_mutex", mutex, &[State::WaitingForIo, State::Running]),
        Verdict::seen_once("rwlock-readers-together", "Rust, parking_lot_rwlock", readers > 1, evidence),
    ]
}

fn notes() -> Vec<Text> {
    vec![
        text!(
            "그림에서 'I/O 대기'는 리더가 데이터를 읽는 시간이고, '실행'은 라이터가 데이터를 변경하는 시간입니다. 뮤텍스를 쓰면 리더도 한 번에 하나만 들어갑니다.",
            "In the pictures, a reader is shown as waiting for I/O while it reads, and the writer as running. With a mutex, readers too enter one at a time."
        ),
        text!(
            "읽기가 짧으면 RwLock은 이득이 없습니다. 모든 리더가 같은 카운터를 변경하므로 그 캐시 라인에서 경합이 생깁니다. ShardedLock은 카운터를 샤드로 나누는 대신, 라이터가 모든 샤드의 락을 획득해야 합니다.",
            "For short reads an RwLock gains nothing: every reader changes the same counter, so they contend for its cache line. ShardedLock splits the counter into shards, and its writer must lock every shard."
        ),
        text!(
            "읽기 락을 쥔 채 읽기 락을 한 번 더 요청하면, 그사이에 대기를 시작한 라이터 뒤에서 기다리게 되어 교착이 될 수 있습니다. parking_lot 0.13은 그런 용도의 락을 RecursiveRwLock으로 분리했습니다.",
            "Requesting a read lock again while holding one can deadlock: a writer that has begun to wait in between goes first. parking_lot 0.13 has a separate RecursiveRwLock for this use."
        ),
        text!(
            "파이썬 대응 프로그램은 없습니다. 파이썬의 표준 라이브러리에는 읽기-쓰기 락이 없습니다.",
            "There is no Python twin: Python's standard library has no readers-writer lock."
        ),
    ]
}

fn shows(tallies: &[Tally], traces: &[Trace], prices: &[[Measure; 2]], threads: usize) -> Text {
    let peak = |n: usize| traces[n].peak_in_flight(&[State::WaitingForIo]);
    let (mutex, rwlock) = (peak(0), peak(1));
    let (twice, rounds) = (tallies[0].seen("twice"), tallies[0].rounds());
    let beside = |n: usize| unit::value(stats::median(&prices[n][1].samples).unwrap_or(f64::NAN), Unit::Ns);
    let (short_mutex, short_rwlock) = (beside(0), beside(1));
    text!(
        "동시에 읽은 스레드는 뮤텍스에서 최대 {mutex}개, RwLock에서 최대 {rwlock}개였습니다. 리더가 {threads}개일 때 짧은 읽기 한 번에 걸린 시간은 뮤텍스 {short_mutex}, std의 RwLock {short_rwlock}입니다. 다시 확인하지 않는 캐시는 {rounds}회 가운데 {twice}회에서 값을 두 번 계산했습니다.",
        "Readers at once: at most {mutex} with a mutex and {rwlock} with an RwLock. With {threads} readers, a short read took {short_mutex} with a mutex and {short_rwlock} with std's RwLock. The cache that does not check again computed its value twice in {twice} of {rounds} rounds."
    )
}
