//! The article's listing on every runtime, and a known-wrong listing that fails the same checks.

use std::process::Command;
use std::time::Duration;

use asyncio::overlap::{self, ThreadModel};
use lab::claims::Outcome;
use lab::lang::Text;
use lab::report::Report;
use lab::say;
use lab::trace::{State, Trace};

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
    trace.lanes.len() == 5 && trace.peak_in_flight(&[State::WaitingForIo]) == 5
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
    }
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
        assert!(all_wait_at_once(&report.traces[1]));
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
