//! A real deadlock, in a process of its own, and parking_lot's detector (feature `deadlock_detection`), which finds it.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::report::{Measure, Report, Unit};
use lab::{Error, Result, python, terminal, text};
use parking_lot_012::{Mutex, deadlock};

/// The name of the child on the command line.
pub const CHILD: &str = "detect";
/// How often the detector looks, at most.
const MOST: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(5);
/// The child is given longer than its own time limit.
const LIMIT: Duration = Duration::from_secs(60);

/// Lets a child deadlock, and returns what its detector found.
pub fn ask() -> Result<Report> {
    python::own(&[CHILD.to_owned()], LIMIT).map_err(|why| {
        Error::failed(Text {
            ko: format!("탐지기를 실행한 자식 프로세스: {}", why.ko),
            en: format!("the child process with the detector: {}", why.en),
        })
    })
}

/// The child that deadlocks and detects it.
pub fn command() -> Experiment {
    Experiment::child(CHILD, Options::new(), |_| child())
}

/// The child: prints a report. The threads in the deadlock end with the process.
pub fn child() -> Result<()> {
    let fixed = in_one_order()?;
    let opposite = in_two_orders()?;
    let count = |id: &str, name: Text, n: usize| Measure::new(id, name, Unit::Count, vec![n as f64]);
    let report = Report {
        measures: vec![
            count("detector.one_order", text!("같은 순서: 탐지기가 찾은 스레드", "one order: threads detected"), fixed),
            count(
                "detector.opposite",
                text!("서로 다른 순서: 탐지기가 찾은 스레드", "two orders: threads detected"),
                opposite,
            ),
        ],
        ..Report::new("mutex/detect")
    };
    terminal::print(&report.to_json());
    Ok(())
}

/// Broken: each of two threads holds one lock, both know it, and each asks for the other's. Threads that the detector found.
fn in_two_orders() -> Result<usize> {
    // Nobody joins these threads, so what they use must be 'static.
    let [a, b] = [0, 1].map(|_| &*Box::leak(Box::new(Mutex::new(0))));
    let both_hold_one = &*Box::leak(Box::new(Barrier::new(2)));
    for (first, second) in [(a, b), (b, a)] {
        let waits_for_ever = move || {
            let _first = first.lock();
            both_hold_one.wait();
            let _second = second.lock();
        };
        thread::Builder::new().spawn(waits_for_ever).map_err(|e| Error::no_thread(&e))?;
    }
    let deadline = Instant::now() + MOST;
    loop {
        let found: usize = deadlock::check_deadlock().iter().map(Vec::len).sum();
        if found > 0 || Instant::now() > deadline {
            return Ok(found);
        }
        thread::sleep(PAUSE);
    }
}

/// Fixed: the same two locks, always in the same order, a few hundred times, with the detector looking on.
fn in_one_order() -> Result<usize> {
    let (a, b) = (Mutex::new(0), Mutex::new(0));
    let work = || {
        for _ in 0..200 {
            let mut a = a.lock();
            thread::yield_now();
            *b.lock() += 1;
            *a += 1;
        }
    };
    thread::scope(|scope| {
        let started: std::io::Result<Vec<_>> =
            (0..2).map(|_| thread::Builder::new().spawn_scoped(scope, work)).collect();
        let started = started.map_err(|e| Error::no_thread(&e))?;
        let mut found = 0;
        while !started.iter().all(thread::ScopedJoinHandle::is_finished) {
            found += deadlock::check_deadlock().iter().map(Vec::len).sum::<usize>();
            thread::sleep(PAUSE);
        }
        Ok(found)
    })
}
