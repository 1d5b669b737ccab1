//! The article's listing on every runtime, and a known-wrong listing that fails the same checks.

use std::process::Command;
use std::time::Duration;

use asyncio::event_loop;
use asyncio::overlap::{self, ThreadModel};
use lab::claims::Outcome;
use lab::lang::Text;
use lab::report::Report;
use lab::say::Line;
use lab::trace::{Span, State, Trace};
use lab::{say, text};

/// Long enough for five tasks to start even on a very busy machine.
const SECONDS: &str = "1";

fn run(args: &[&str]) -> Report {
    let mut program = Command::new(env!("CARGO_BIN_EXE_asyncio"));
    let out = program.args(args).args(["--json", "--lang", "en"]).output().expect("cargo built it for this test");
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).expect("--json prints a report")
}

fn listing_on(runtime: &str) -> Report {
    run(&["--runtime", runtime, "--seconds", SECONDS, "--no-python"])
}

fn all_wait_at_once(trace: &Trace) -> bool {
    let tasks = event_loop::without_it(trace);
    tasks.lanes.len() == 5 && tasks.peak_in_flight(&[State::WaitingForIo]) == 5
}

/// The first lane is the loop's thread. It does one thing at a time, and sleeps for most of the time in which all five tasks wait.
fn the_thread_sleeps_while_all_wait(trace: &Trace) -> bool {
    let Some(thread) = trace.lanes.first().filter(|lane| lane.name == event_loop::lane_name()) else { return false };
    let tasks: Vec<Span> = event_loop::tasks(trace).flat_map(|lane| lane.spans.clone()).collect();
    let from = tasks.iter().map(|span| span.start).max().unwrap();
    let until = tasks.iter().map(|span| span.end).min().unwrap();
    let sleeps = thread.spans.iter().filter(|span| span.state == State::WaitingForIo);
    let slept: u64 = sleeps.map(|span| span.end.min(until).saturating_sub(span.start.max(from))).sum();
    thread.spans.windows(2).all(|pair| pair[0].end <= pair[1].start)
        && thread.spans.iter().any(|span| span.state == State::Running)
        && from < until
        && 2 * slept >= until - from
}

/// An event loop starts all tasks before it waits for the first time.
fn all_start_before_any_is_done(lines: &[String]) -> bool {
    lines.len() == 10
        && lines[..5].iter().all(|line| line.ends_with(" started"))
        && lines[5..].iter().all(|line| line.ends_with(" done"))
}

#[test]
fn on_every_runtime_all_five_wait_at_once() {
    for runtime in ["tokio", "async-std", "smol"] {
        let report = listing_on(runtime);
        assert!(all_wait_at_once(&report.traces[0]), "{runtime}: {:?}", report.lines);
        assert_ne!(report.verdicts[0].outcome, Outcome::DoesNotHold, "{runtime}");
    }
}

#[test]
fn on_one_thread_all_five_start_before_any_is_done() {
    for runtime in ["tokio", "smol"] {
        let report = listing_on(runtime);
        assert!(all_start_before_any_is_done(&report.lines), "{runtime}: {:?}", report.lines);
        assert_eq!(report.verdicts[0].outcome, Outcome::Holds, "{runtime}");
        // Elsewhere the system does not report CPU time.
        let drawn = the_thread_sleeps_while_all_wait(&report.traces[0]);
        assert!(drawn || !cfg!(unix), "{runtime}: {:?}", report.traces[0]);
        let told = report.notes.contains(&event_loop::how_from_lines());
        assert!(told || !cfg!(unix), "{runtime}: {:?}", report.notes);
    }
}

/// A pool has several threads, and its lines do not tell on which of them a task ran.
#[test]
fn the_threads_of_a_pool_have_no_lane() {
    let report = listing_on("async-std");
    assert!(report.traces[0].lanes.iter().all(|lane| lane.name != event_loop::lane_name()));
    assert!(!report.notes.contains(&event_loop::how_from_lines()));
}

/// Known wrong: each task waits by computing, so that the thread never sleeps, although the lanes of the tasks look the same.
#[test]
fn a_thread_that_computes_while_all_wait_does_not_sleep() {
    let line = |at: u64, cpu: u64, text: Text| Line { at, cpu: Some(cpu), text };
    let lines = |cpu_while_waiting: u64| -> Vec<Line> {
        let started = (0..5).map(|i| line(i, i, text!("태스크 {i} 시작", "Task {i} started")));
        let at = 1_000_000_000;
        let done = (0..5).map(|i| line(at + i, 5 + cpu_while_waiting + i, text!("태스크 {i} 완료", "Task {i} done")));
        started.chain(done).collect()
    };
    let trace = |lines: &[Line]| {
        let mut lanes = say::lanes(lines, State::WaitingForIo);
        lanes.splice(0..0, event_loop::from_lines(lines));
        Trace::new(Text::default(), lanes)
    };
    let (sleeps, computes) = (trace(&lines(1000)), trace(&lines(2_000_000_000)));
    assert!(all_wait_at_once(&sleeps) && all_wait_at_once(&computes));
    assert!(the_thread_sleeps_while_all_wait(&sleeps), "{sleeps:?}");
    assert!(!the_thread_sleeps_while_all_wait(&computes), "{computes:?}");
}

/// Known wrong: the tasks are awaited one after another instead of gathered, although the code is async.
#[test]
fn tasks_awaited_in_sequence_do_not_wait_together() {
    async fn async_task(name: usize) {
        say!("태스크 {name} 시작", "Task {name} started");
        smol::Timer::after(Duration::from_millis(20)).await;
        say!("태스크 {name} 완료", "Task {name} done");
    }
    say::quietly();
    smol::block_on(async {
        for i in 0..5 {
            async_task(i).await;
        }
    });
    // No other test in this process prints with `say`.
    let lines = say::take();
    let trace = Trace::new(Text::default(), say::lanes(&lines, State::WaitingForIo));
    let words: Vec<String> = lines.into_iter().map(|line| line.text.en).collect();
    assert!(!all_wait_at_once(&trace));
    assert!(!all_start_before_any_is_done(&words));
    assert_eq!(overlap::judge("in sequence", &trace, ThreadModel::OneThread, None).outcome, Outcome::DoesNotHold);
}

#[test]
fn cpython_confirms_the_claim() {
    let report = run(&["--seconds", SECONDS]);
    let verdict = report.verdicts.last().unwrap();
    let python = Command::new("python3").arg("--version").output();
    if python.is_ok_and(|out| out.status.success()) {
        assert_eq!(verdict.outcome, Outcome::Holds);
        assert!(verdict.evidence.en.contains("up to 5 of 5 tasks"), "the thread is no task: {}", verdict.evidence.en);
        assert!(all_wait_at_once(&report.traces[1]));
        assert!(the_thread_sleeps_while_all_wait(&report.traces[1]), "{:?}", report.traces[1]);
    } else {
        assert!(matches!(verdict.outcome, Outcome::NotMeasured(_)));
    }
}

#[test]
fn every_report_with_async_std_says_that_it_is_discontinued() {
    let notice = |report: &Report| {
        report.notes.iter().any(|n| n.ko.contains("RUSTSEC-2025-0052") && n.en.contains("RUSTSEC-2025-0052"))
    };
    assert!(notice(&run(&["--runtime", "async-std", "--seconds", "0.05", "--no-python"])));
    assert!(notice(&run(&["runtimes", "--seconds", "0.05", "--no-python"])));
    assert!(!notice(&run(&["--seconds", "0.05", "--no-python"])), "the listing on tokio does not use async-std");
}
