//! A task that computes, and a thread that computes: what they do to the others on the loop.

use std::time::Duration;

use asyncio::experiments::blocking::{PERIOD, Stall, TECHNIQUES, others_lived};
use asyncio::experiments::gil::report::{CLAIM, judge, judge_twin, long_waits};
use asyncio::experiments::gil::{CASES, Case, CaseResult, seen};
use lab::claims::Outcome;
use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::{Measure, Report, Unit};
use lab::trace::{Lane, Span, State, Trace};

/// A tenth of a second or more.
const TURNS: u64 = 500_000_000;

fn stall(id: &str) -> Stall {
    TECHNIQUES.iter().find(|technique| technique.id == id).unwrap().observe(TURNS).unwrap()
}

/// The known-wrong program is one of the experiment's own.
#[test]
fn in_the_loop_nobody_else_wakes_up_and_all_wait_for_the_whole_of_it() {
    let seen = stall("in_the_loop");
    assert!(!others_lived(&seen.trace));
    let period = PERIOD.as_nanos() as u64;
    assert!(seen.late.iter().max().unwrap() + 2 * period >= seen.took, "{} {:?}", seen.took, seen.late);
}

#[test]
fn every_way_out_lets_the_others_live() {
    for id in ["yields", "spawn_blocking", "own_thread"] {
        let seen = stall(id);
        assert!(others_lived(&seen.trace), "{id}: {:?}", seen.late);
    }
}

fn case(id: &str) -> (Case, CaseResult) {
    let case = CASES.into_iter().find(|case| case.id == id).unwrap();
    (case, seen(case, TURNS, Duration::from_millis(200)).unwrap())
}

#[test]
fn alone_with_the_lock_nobody_takes_it_away() {
    let (case, seen) = case("alone.gil");
    assert!(seen.switches <= 1, "the loop alone took it: {}", seen.switches);
    assert_eq!(judge(case, &seen).unwrap().outcome, Outcome::Holds);
}

#[test]
fn beside_a_thread_the_loop_waits_for_the_lock() {
    let (case, seen) = case("beside.gil");
    assert!(long_waits(&seen.trace, 1) > 0);
    assert_eq!(seen.trace.overlap(0, 1, State::Running), 0, "one at a time");
    assert_eq!(judge(case, &seen).unwrap().outcome, Outcome::DoesNotHold);
}

#[test]
fn without_a_lock_there_is_nothing_to_wait_for() {
    let (case, seen) = case("beside.free");
    assert_eq!(long_waits(&seen.trace, 1), 0);
    assert_eq!(judge(case, &seen), None);
}

/// Known wrong: to call every late wake-up the lock's fault. What nobody computed through is a busy machine, and not the GIL.
#[test]
fn a_wait_in_which_nobody_computed_does_not_count() {
    let ms = |state, start: u64, end: u64| Span { state, start: start * 1_000_000, end: end * 1_000_000 };
    let lane = |spans: Vec<Span>| Lane { name: Text::default(), spans };
    let wait = lane(vec![ms(State::WaitingForLock, 0, 10)]);
    let trace = |cpu| Trace::new(Text::default(), vec![wait.clone(), lane(cpu)]);
    assert_eq!(long_waits(&trace(vec![ms(State::Running, 0, 5)]), 1), 1);
    assert_eq!(long_waits(&trace(vec![ms(State::WaitingForLock, 0, 5)]), 1), 0);
    assert_eq!(long_waits(&trace(vec![ms(State::Running, 9, 20)]), 1), 0, "a millisecond is no interval");
}

#[test]
fn cpython_is_judged_by_what_can_be_seen_of_it() {
    let python = |gil| Interpreter {
        path: "python".into(),
        implementation: "CPython".into(),
        version: [3, 13, 0],
        gil: Some(gil),
    };
    let twin = |alone: f64, beside: f64| {
        let late = |id: &str, ms: f64| Measure::new(id, Text::default(), Unit::Ns, vec![ms * 1e6]);
        Report { measures: vec![late("late.alone", alone), late("late.beside", beside)], ..Report::default() }
    };
    let outcome = |gil, alone, beside| judge_twin(&python(gil), &twin(alone, beside)).outcome;
    assert_eq!(outcome(true, 0.3, 5.2), Outcome::DoesNotHold);
    assert_eq!(outcome(true, 0.3, 0.4), Outcome::Holds);
    assert!(matches!(outcome(true, 9.0, 12.0), Outcome::NotMeasured(_)), "too busy to tell");
    assert!(matches!(outcome(false, 0.3, 5.2), Outcome::NotMeasured(_)), "no GIL, no claim");
    assert!(matches!(judge_twin(&python(true), &Report::default()).outcome, Outcome::NotMeasured(_)));
    assert!(lab::claims::ledger().iter().any(|claim| claim.id == CLAIM));
}
