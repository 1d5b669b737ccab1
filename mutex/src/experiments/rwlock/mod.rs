//! Many readers or one writer. What a read lock lets you see may be over before you have the write lock: look again.
//!
//! Article: 뮤텍스(Mutex). Run: `cargo run -p mutex -- rwlock`. No Python twin: its standard library has no such lock.

use std::sync::{Mutex, RwLock};
use std::thread;
use std::time::Duration;

use crossbeam::sync::ShardedLock;
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::report::unit;
use lab::report::{Measure, Report, Table, Unit};
use lab::trace::{State, Trace};
use lab::{Result, clock, stats, text};
use parking_lot::RwLock as ParkingLot;

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
    let reader = |n: usize| text!("독자 {n}", "Reader {n}");
    let names = vec![reader(0), reader(1), reader(2), text!("저자", "Writer")];
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
    let about = text!("두 스레드가 묻는 횟수", "how often two threads ask");
    let rounds = options.count("rounds", 1..=100_000, 2000, about);
    let threads = options.threads(2..=64, 4);
    let about = text!("여러 독자 또는 저자 하나", "many readers or one writer");
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
    let title = text!("두 스레드가 빈 캐시에 동시에 물은 결과", "two threads ask an empty cache at once");
    report.tables.push(outcomes::table(title, &tallies));
    let prices = prices(threads)?;
    report.tables.push(price_table(&prices, threads));
    report.shows = shows(&tallies, &report.traces, &prices, threads);
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
        let what = text!("{name}, 독자 {n}명: 읽기 하나", "{name}, {n} readers: one read");
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
        title: text!("짧은 읽기 하나에 드는 시간(쓰는 이 없음)", "one short read, with nobody writing"),
        head: vec![
            text!("락", "lock"),
            text!("독자 1명", "1 reader"),
            text!("독자 {threads}명 함께", "{threads} readers together"),
        ],
        rows: kinds().iter().zip(prices).map(row).collect(),
    }
}

fn notes() -> Vec<Text> {
    vec![
        text!(
            "그림에서 독자는 'I/O 대기'로 데이터를 읽고, 저자는 '실행'으로 고칩니다. 뮤텍스 아래에서는 독자도 한 번에 하나입니다.",
            "In the pictures readers wait for I/O while they read, and the writer runs. Behind a mutex, readers too come one at a time."
        ),
        text!(
            "읽기가 짧으면 RwLock은 이득이 없습니다. 독자마다 같은 수를 바꾸므로 그 캐시 라인을 두고 다툽니다. ShardedLock은 그것을 나누고, 대신 쓰는 쪽이 조각마다 락을 잡습니다.",
            "For short reads an RwLock gains nothing: every reader changes the same number, and they contend for its cache line. ShardedLock splits that, and its writer must take every shard."
        ),
        text!(
            "읽기 락을 쥔 채 한 번 더 읽기 락을 청하면, 그 사이에 기다리기 시작한 저자 뒤에 서서 교착이 될 수 있습니다. parking_lot 0.13은 그런 쓰임을 위한 것을 RecursiveRwLock으로 떼어 놓았습니다.",
            "To ask for a read lock again while holding one can be a deadlock: a writer who has begun to wait in between comes first. parking_lot 0.13 has split off RecursiveRwLock for those who need that."
        ),
        text!(
            "파이썬 쌍둥이는 없습니다. 파이썬의 표준 라이브러리에는 읽기·쓰기 락이 없습니다.",
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
        "독자는 뮤텍스 아래에서 동시에 최대 {mutex}명, RwLock 아래에서 {rwlock}명이었습니다. 짧은 읽기 하나는 독자 {threads}명일 때 뮤텍스로 {short_mutex}, std의 RwLock으로 {short_rwlock}입니다. 다시 확인하지 않은 캐시는 {rounds}번 가운데 {twice}번 두 번 계산했습니다.",
        "At the peak {mutex} reader was in behind a mutex and {rwlock} behind an RwLock. A short read beside {threads} readers took {short_mutex} with a mutex and {short_rwlock} with std's RwLock. The cache that did not look again computed twice in {twice} of {rounds} rounds."
    )
}
