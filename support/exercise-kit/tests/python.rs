//! What `kit.py` writes is the document that the judges read as [`kit::Recorded`]. Its driver here is `recorder.py`.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::path::Path;
use std::process::Command;

use kit::{Recorded, State, Text, text};
use lab::trace::Lane;

/// The record of a scenario of `recorder.py`; `None`, and it says so, if there is no Python here.
fn recorded(scenario: &str) -> Option<Recorded> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = here.join("tests");
    let mut python = Command::new("python3");
    python.arg(tests.join("recorder.py")).arg(tests.join("submission.py")).arg(scenario);
    python.env("PYTHONPATH", here.join("python")).env("PYTHONDONTWRITEBYTECODE", "1").env_remove("KIT_OUT");
    python.env("KIT_NONCE", "a word").env("KIT_STILL_MS", "500").env("KIT_LIMIT_MS", "60000");
    let done = match python.output() {
        Ok(done) => done,
        Err(e) => {
            assert!(std::env::var_os("CI").is_none(), "CI has no Python: {e}");
            println!("not tested: there is no python3 here: {e}");
            return None;
        }
    };
    let said = String::from_utf8_lossy(&done.stderr);
    let run: Recorded = serde_json::from_slice(&done.stdout).unwrap_or_else(|e| panic!("{e}\n{said}"));
    assert_eq!((run.scenario.as_str(), run.nonce.as_str()), (scenario, "a word"));
    Some(run)
}

fn states(lane: &Lane) -> Vec<State> {
    lane.spans.iter().map(|span| span.state).collect()
}

#[test]
fn the_judges_read_all_that_kit_py_records() {
    let Some(run) = recorded("record") else { return };
    assert!(run.finished && run.failed.is_none() && run.blocked.is_empty(), "{run:?}");
    assert_eq!(run.trace.title, text!("기록", "a record"));
    let [all, failed, cancelled, killed, open] = run.trace.lanes.as_slice() else { panic!("{:?}", run.trace.lanes) };
    assert_eq!(all.name, text!("부분", "part"));
    assert_eq!(states(all), [State::Running, State::Ready, State::WaitingForLock, State::WaitingForIo]);
    // One state ends where the next begins, on one clock.
    assert!(all.spans.windows(2).all(|pair| pair[0].start <= pair[0].end && pair[0].end == pair[1].start), "{all:?}");
    assert_eq!(failed.name, Text::same("failed"));
    assert_eq!(states(failed), [State::Running, State::Failed]);
    assert_eq!(states(cancelled), [State::Running, State::Cancelled]);
    assert_eq!(states(killed), [State::Running, State::Killed]);
    assert_eq!(states(open), [State::Running], "an open span ends with the record");
    assert_eq!((run.fact("value"), run.fact("list"), run.fact("sum")), (Some(42), Some(vec![1, 2]), Some(5)));
    let step = &run.interleaving[0];
    assert_eq!((step.thread.as_str(), &step.what), ("T1", &text!("씀", "writes")));
}

#[test]
fn what_a_submission_raised_is_told_with_its_line() {
    let Some(run) = recorded("raises") else { return };
    assert!(run.finished);
    assert_eq!(run.failed.as_deref(), Some("line 5: ValueError: as told"));
}

#[test]
fn a_deadlock_is_told_as_who_waits_for_what() {
    let Some(run) = recorded("deadlock") else { return };
    assert!(!run.finished);
    let [blocked] = run.blocked.as_slice() else { panic!("{:?}", run.blocked) };
    let owner = text!("주인", "the owner");
    assert_eq!((&blocked.who, blocked.held_by.as_ref()), (&owner, Some(&owner)));
    assert_eq!(blocked.waits_for, text!("락 1(9행, 11행에서 필요함)", "lock 1 (made on line 9, needed on line 11)"));
}

#[test]
fn who_is_cancelled_at_a_meeting_does_not_end_it_for_the_others() {
    let Some(run) = recorded("cancelled") else { return };
    assert_eq!(
        (run.fact("met"), run.fact("given_up"), run.fact("peak")),
        (Some(true), Some(false), Some(3)),
        "{run:?}"
    );
}

/// Only Linux is sure to tell the CPU time of a thread finely enough.
#[cfg(target_os = "linux")]
#[test]
fn who_sleeps_is_not_seen_to_compute() {
    let Some(run) = recorded("computes") else { return };
    assert_eq!(run.fact("clock_fine"), Some(true));
    let [computes, sleeps] = run.trace.lanes.as_slice() else { panic!("{:?}", run.trace.lanes) };
    let ran: Vec<(u64, u64)> = run.fact("ran").unwrap();
    let drawn = computes.spans.iter().filter(|span| span.state == State::Running);
    assert_eq!(ran, drawn.map(|span| (span.start, span.end)).collect::<Vec<_>>());
    assert!(!ran.is_empty());
    assert!(!sleeps.spans.is_empty() && !states(sleeps).contains(&State::Running), "{sleeps:?}");
}
