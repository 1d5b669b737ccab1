//! How a computing task, and a computing thread under the GIL, delay the other tasks on the loop.

use std::time::Duration;

use asyncio::event_loop;
use asyncio::experiments::blocking::{self, PERIOD, Stall, TECHNIQUES, others_woke};
use asyncio::experiments::gil::report::{CLAIM, judge, judge_twin, long_waits};
use asyncio::experiments::gil::{CASES, Case, CaseResult, run_case};
use lab::claims::Outcome;
use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::{Measure, Report, Unit};
use lab::trace::{Lane, Span, State, Trace};

/// About a tenth of a second or more.
const ITERATIONS: u64 = 500_000_000;

fn stall(id: &str) -> Stall {
    TECHNIQUES.iter().find(|technique| technique.id == id).unwrap().observe(ITERATIONS).unwrap()
}

/// For how long the loop's thread slept while the computation ran.
fn slept_meanwhile(trace: &Trace) -> u64 {
    let spans = |lane: usize, state| trace.lanes[lane].spans.iter().filter(move |span| span.state == state);
    let common = |a: &Span, b: &Span| a.end.min(b.end).saturating_sub(a.start.max(b.start));
    let sleeps = spans(0, State::WaitingForIo);
    sleeps.flat_map(|sleep| spans(1, State::Running).map(move |run| common(sleep, run))).sum()
}

/// The known-wrong programs are the first two: they compute on the thread, which has no other.
#[test]
fn the_loop_sleeps_during_the_computation_if_another_thread_does_it() {
    for (id, sleeps) in [("in_the_loop", false), ("yields", false), ("spawn_blocking", true), ("own_thread", true)] {
        let trace = stall(id).trace;
        assert_eq!(trace.lanes[0].name, event_loop::lane_name(), "{id}");
        assert!(trace.lanes[0].spans.windows(2).all(|pair| pair[0].end <= pair[1].start), "{id}: one thread");
        assert_eq!(slept_meanwhile(&trace) > 0, sleeps, "{id}");
    }
}

/// The known-wrong program is one of the experiment's techniques.
#[test]
fn computing_in_the_loop_delays_all_other_tasks_until_it_ends() {
    let seen = stall("in_the_loop");
    assert!(!others_woke(&seen.trace));
    assert_eq!(blocking::judge(&seen).outcome, Outcome::Holds);
    let period = PERIOD.as_nanos() as u64;
    assert!(seen.late.iter().max().unwrap() + 2 * period >= seen.took, "{} {:?}", seen.took, seen.late);
}

#[test]
fn with_every_remedy_other_tasks_wake_up_during_the_computation() {
    for id in ["yields", "spawn_blocking", "own_thread"] {
        let seen = stall(id);
        assert!(others_woke(&seen.trace), "{id}: {:?}", seen.late);
        assert_eq!(blocking::judge(&seen).outcome, Outcome::DoesNotHold, "{id} would refute the claim");
    }
}

fn case(id: &str) -> (Case, CaseResult) {
    let case = CASES.into_iter().find(|case| case.id == id).unwrap();
    (case, run_case(case, ITERATIONS, Duration::from_millis(200)).unwrap())
}

#[test]
fn a_loop_alone_keeps_the_lock() {
    let (case, seen) = case("alone.gil");
    assert!(seen.switches <= 1, "switches: {}", seen.switches);
    assert_eq!(judge(case, &seen).unwrap().outcome, Outcome::Holds);
}

#[test]
fn beside_a_computing_thread_the_loop_waits_for_the_lock() {
    let (case, seen) = case("beside.gil");
    assert!(long_waits(&seen.trace, 1) > 0);
    assert_eq!(seen.trace.overlap(0, 1, State::Running), 0, "only the lock's holder runs");
    assert_eq!(judge(case, &seen).unwrap().outcome, Outcome::DoesNotHold);
}

#[test]
fn without_a_lock_there_are_no_waits_and_no_verdict() {
    let (case, seen) = case("beside.free");
    assert_eq!(long_waits(&seen.trace, 1), 0);
    assert_eq!(judge(case, &seen), None);
}

/// Known wrong: to blame every long wait on the lock. A wait in which no thread computed is due to a busy machine.
#[test]
fn a_wait_in_which_no_thread_computed_does_not_count() {
    let ms = |state, start: u64, end: u64| Span { state, start: start * 1_000_000, end: end * 1_000_000 };
    let lane = |spans: Vec<Span>| Lane { name: Text::default(), spans };
    let wait = lane(vec![ms(State::WaitingForLock, 0, 10)]);
    let trace = |cpu| Trace::new(Text::default(), vec![wait.clone(), lane(cpu)]);
    assert_eq!(long_waits(&trace(vec![ms(State::Running, 0, 5)]), 1), 1);
    assert_eq!(long_waits(&trace(vec![ms(State::WaitingForLock, 0, 5)]), 1), 0);
    assert_eq!(
        long_waits(&trace(vec![ms(State::Running, 9, 20)]), 1),
        0,
        "a millisecond is shorter than half an interval"
    );
}

#[test]
fn cpython_is_judged_by_the_lateness_of_its_tasks() {
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
    assert!(matches!(outcome(true, 9.0, 12.0), Outcome::NotMeasured(_)), "the machine is too busy");
    assert!(matches!(outcome(false, 0.3, 5.2), Outcome::NotMeasured(_)), "the claim is about the GIL");
    assert!(matches!(judge_twin(&python(true), &Report::default()).outcome, Outcome::NotMeasured(_)));
    assert!(lab::claims::ledger().iter().any(|claim| claim.id == CLAIM));
}
