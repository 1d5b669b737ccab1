//! One counter that all threads add to: without protection it loses updates, behind a lock it loses none.
//!
//! Article: 뮤텍스(Mutex). Run: `cargo run -p mutex -- counter`. Python twin: `python/counter.py`.
//!
//! The plain race that Python and C let one write is no Rust program. Two threads cannot both hold the counter to change it:
//!
//! ```compile_fail,E0499
//! let mut counter = 0;
//! std::thread::scope(|s| {
//!     s.spawn(|| counter += 1);
//!     s.spawn(|| counter += 1);
//! });
//! ```
//!
//! and what may be changed through a shared handle without a lock may not be taken to another thread:
//!
//! ```compile_fail,E0277
//! let counter = std::rc::Rc::new(std::cell::Cell::new(0));
//! let theirs = counter.clone();
//! std::thread::spawn(move || theirs.set(theirs.get() + 1));
//! counter.set(counter.get() + 1);
//! ```
//!
//! What compiles is what says how it is protected:
//!
//! ```
//! let counter = std::sync::Mutex::new(0);
//! std::thread::scope(|s| {
//!     s.spawn(|| *counter.lock().unwrap() += 1);
//!     s.spawn(|| *counter.lock().unwrap() += 1);
//! });
//! assert_eq!(counter.into_inner().unwrap(), 2);
//! ```
//!
//! So the lost update below is made of two steps that are each atomic. Rust keeps data whole; that two steps belong together,
//! only the program can say.

use std::hint::black_box;
use std::mem;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crossbeam::sync::ShardedLock;
use lab::cli::{Experiment, Options};
use lab::machine::Watch;
use lab::python::{self, Interpreter};
use lab::report::Report;
use lab::{Result, text, twin_script};

use crate::claims;
use crate::counter_variant::{CounterVariant, PROTECTED, UNPROTECTED};
use crate::outcomes::Tally;
use crate::questions;

pub mod critical_section;
pub mod litmus;
pub mod race;
pub mod report;

// ANCHOR: broken
/// Broken: an update that comes between the load and the store is overwritten.
pub fn load_then_store(counter: &AtomicU64) {
    // The optimizer makes one instruction of the two steps where it may; that still loses, but only between cores.
    let seen = black_box(counter.load(Relaxed));
    counter.store(seen + 1, Relaxed);
}
// ANCHOR_END: broken

// ANCHOR: fixed
/// Fixed by the lock of the standard library.
pub fn std_mutex(counter: &Mutex<u64>) {
    *counter.lock().expect("nobody panics with it") += 1;
}
// ANCHOR_END: fixed

/// Fixed by the lock of parking_lot, which knows no poisoning.
pub fn parking_lot_mutex(counter: &parking_lot::Mutex<u64>) {
    *counter.lock() += 1;
}

/// Fixed by a lock made for readers: a writer must take all of its shards.
pub fn sharded_lock(counter: &ShardedLock<u64>) {
    *counter.write().expect("nobody panics with it") += 1;
}

// ANCHOR: atomic
/// Fixed without a lock: load, add and store in one step.
pub fn fetch_add(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}
// ANCHOR_END: atomic

/// The broken one first, then the fixed ones.
pub fn variants() -> Vec<CounterVariant> {
    vec![
        CounterVariant::new(
            ("load_then_store", "load_then_store"),
            UNPROTECTED,
            AtomicU64::new(0),
            load_then_store,
            |c| c.swap(0, Relaxed),
        ),
        CounterVariant::new(("std_mutex", "std::sync::Mutex"), PROTECTED, Mutex::new(0), std_mutex, |c| {
            mem::take(&mut *c.lock().expect("nobody panics with it"))
        }),
        CounterVariant::new(
            ("parking_lot_mutex", "parking_lot::Mutex"),
            PROTECTED,
            parking_lot::Mutex::new(0),
            parking_lot_mutex,
            |c| mem::take(&mut *c.lock()),
        ),
        CounterVariant::new(
            ("sharded_lock", "crossbeam ShardedLock"),
            PROTECTED,
            ShardedLock::new(0),
            sharded_lock,
            |c| mem::take(&mut *c.write().expect("nobody panics with it")),
        ),
        CounterVariant::new(("fetch_add", "AtomicU64::fetch_add"), PROTECTED, AtomicU64::new(0), fetch_add, |c| {
            c.swap(0, Relaxed)
        }),
    ]
}

/// `cargo run -p mutex`, and `-- counter`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let threads = options.threads(2..=64, 4);
    let about = text!("스레드 하나가 1을 더하는 횟수", "how often each thread adds 1");
    let iterations = options.count("iterations", 1..=10_000_000, 600_000, about);
    let about = text!("두 스레드가 1씩 더하는 시험의 횟수", "rounds in which two threads add 1 each");
    let rounds = options.count("rounds", 1..=1_000_000, 20_000, about);
    let about =
        text!("모든 스레드가 더하는 카운터 하나: 락 없이, 락으로", "one shared counter: without a lock, and with one");
    Experiment::new("counter", about, options, move |a| {
        run(a.get(threads), a.get(iterations), a.get(rounds), a.pythons())
    })
    .asks(|a| questions::all(a.pythons()))
}

/// Races all variants, small and big, here and on CPython, and counts the updates that are lost.
pub fn run(threads: usize, turns: u64, rounds: u64, pythons: &[Interpreter]) -> Result<Report> {
    let watch = Watch::start();
    let variants = variants();
    let mut report = Report::new("mutex/counter");
    report.traces = vec![critical_section::broken()?, critical_section::fixed()?];

    let tallies = variants.iter().map(|variant| litmus::run(variant, rounds)).collect::<Result<Vec<Tally>>>()?;
    tallies.iter().try_for_each(Tally::check)?;
    report.tables.push(litmus::table(&tallies));

    let races = race::all(&variants, threads, turns)?;
    variants.iter().zip(&races).try_for_each(|(variant, races)| race::check(variant, races))?;
    report.measures = race::measures(&variants, &races);
    // The article's claim is about locks; what `fetch_add` shows stands in the tables.
    let locks = variants.iter().zip(&tallies).zip(&races).filter(|((v, _), _)| v.name != "fetch_add");
    report.verdicts = locks.map(|((v, tally), races)| report::judge(v, tally, races)).collect();
    report.shows = report::shows(threads, &variants, &races);

    // Five runs of at most 0.3 s, as a contended lock can be slow, with the switch interval as it is.
    let (threads, turns) = (threads.to_string(), turns.to_string());
    let args = [&threads, &turns, "5", "0.3", "0", "plain", "call", "lock"].map(str::to_owned);
    let claims = [claims::KEPT, claims::LOST];
    python::join(&mut report, pythons, twin_script!("counter"), &args, &claims, claims::judge_twin);
    report.notes.extend(report::notes(rounds, &tallies, watch.foreign()));
    Ok(report)
}
