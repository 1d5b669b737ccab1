//! The same work by three techniques: the same sums, and in parallel except in sequence.

use std::io::{Read, Write};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::common::{command, report, run};
use harness::{Guarded, finish};
use lab::lang::Text;
use lab::machine;
use lab::trace::{State, Trace};
use multiprocessing::echo::PROCESS_ECHO;
use multiprocessing::experiments::cpu::techniques;
use multiprocessing::work::{self, CountResult};

/// About 80 ms: long enough for the scheduler to use different cores.
const ITERATIONS: u64 = 100_000_000;
/// On a busy machine two of our units may never be on a core at the same time in one run; serial ones never are in any run.
const ATTEMPTS: usize = 10;

fn trace(done: &[CountResult]) -> Trace {
    Trace::new(Text::default(), done.iter().map(|d| d.lane(Text::default())).collect())
}

fn at_once(trace: &Trace) -> bool {
    !trace.is_serial(State::Running)
}

#[test]
fn all_techniques_have_the_same_sum() {
    let iterations = 12_345;
    for done in [techniques::sequence(3, iterations).unwrap(), techniques::threads(3, iterations).unwrap()] {
        assert!(done.len() == 3 && done.iter().all(|d| d.sum == 12_345 * 12_344 / 2));
    }
    // A wrong sum of any process would have ended the run.
    let args = ["cpu", "--workers", "3", "--iterations", "12345", "--rounds", "2", "--json", "--no-python"];
    let report = report(&run(&args).ends_with(0));
    assert!(report.notes.iter().any(|note| note.en.contains("76193340")), "{:?}", report.notes);
    let names: Vec<&str> = report.traces.iter().map(|t| t.title.en.as_str()).collect();
    assert_eq!(names, ["Rust, in sequence", "Rust, std::thread", "Rust, std::process"]);
    assert!(report.traces.iter().all(|t| t.lanes.len() == 3));
    assert_eq!(report.measure("wall.processes").unwrap().samples.len(), 2);
    assert!(report.verdicts.iter().all(|v| v.about().is_some()));
}

#[test]
fn threads_compute_at_once_and_behind_one_lock_they_do_not() {
    let lock = Mutex::new(());
    let serial: Vec<CountResult> = thread::scope(|scope| {
        let behind_the_lock = || {
            let _held = lock.lock().unwrap_or_else(PoisonError::into_inner);
            work::count(ITERATIONS / 10)
        };
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(behind_the_lock)).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert!(!at_once(&trace(&serial)), "the known-wrong twin: one lock around it all");
    assert!(!at_once(&trace(&techniques::sequence(3, ITERATIONS / 10).unwrap())));
    if machine::cores() < 2 {
        println!("not measured: there is only one core");
        return;
    }
    let seen = || at_once(&trace(&techniques::threads(4, ITERATIONS).unwrap()));
    assert!((0..ATTEMPTS).any(|_| seen()));
}

#[test]
fn processes_compute_at_once() {
    let args = ["cpu", "--iterations", "100000000", "--rounds", "1", "--json", "--no-python"];
    let run = || report(&run(&args).ends_with(0));
    assert!(!at_once(&run().traces[0]), "the known-wrong twin: one after another");
    if machine::cores() < 2 {
        println!("not measured: there is only one core");
        return;
    }
    assert!((0..ATTEMPTS).any(|_| at_once(&run().traces[2])));
}

#[test]
fn the_echo_returns_messages_and_ends_with_its_input() {
    let mut command = command(&[PROCESS_ECHO, "--size", "6"]);
    let mut echo = Guarded(harness::start(command.stdin(Stdio::piped())));
    let mut input = echo.0.stdin.take().unwrap();
    for message in [b"abc\nde", b"\0\xff\n\n12"] {
        input.write_all(message).unwrap();
        let mut answer = [0; 6];
        echo.0.stdout.as_mut().unwrap().read_exact(&mut answer).unwrap();
        assert_eq!(answer, *message);
    }
    drop(input);
    assert_eq!(finish(echo).ends_with(0).out, "");
}
