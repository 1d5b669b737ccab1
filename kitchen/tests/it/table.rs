//! The verdicts of the table: what each row needs to hold, and what refutes it.

use std::time::Duration;

use kitchen::dish::Minute;
use kitchen::experiments::table::cooked::{Pair, Rust, needs_cores, on_one_core};
use kitchen::kitchens::{Kitchen, Order};
use kitchen::verdicts::{TASKS_WAIT, in_turn, wait_together};
use lab::claims::Outcome;
use lab::lang::Text;
use lab::machine;
use lab::trace::{Lane, Span, State, Trace};

const MS: u64 = 1_000_000;

/// A dish that is cut from `start` on, for 100 ms, simmers as long, and is cut as long again.
fn dish(start: u64) -> Lane {
    let states = [State::Running, State::WaitingForIo, State::Running];
    let starts = (0..3).map(|n| (start + 100 * n) * MS);
    let spans = states.into_iter().zip(starts).map(|(state, start)| Span { state, start, end: start + 100 * MS });
    Lane { name: Text::default(), spans: spans.collect() }
}

fn trace(starts: &[u64]) -> Trace {
    Trace::new(Text::default(), starts.iter().map(|start| dish(*start)).collect())
}

/// The dishes of several cooks on one core and on all, and those of one cook on one core.
fn rust(one: &[u64], all: &[u64], switches: &[u64]) -> Rust {
    let pair = |several| Pair { several: trace(several), switches: trace(switches) };
    Rust { one_core: Ok(pair(one)), all_cores: pair(all), one_knife: trace(one), foreign: Some(0.0) }
}

const TOGETHER: &[u64] = &[0, 0, 0];
const IN_TURN: &[u64] = &[0, 300, 600];
const SWITCHED: &[u64] = &[0, 100];

#[test]
fn parallelism_is_seen_on_several_cores_only() {
    let outcome = |one, all| needs_cores(&rust(one, all, SWITCHED)).outcome;
    assert_eq!(outcome(IN_TURN, TOGETHER), Outcome::Holds);
    assert_eq!(outcome(TOGETHER, TOGETHER), Outcome::DoesNotHold, "nobody was bound to one core");
    if machine::cores() > 1 {
        assert_eq!(outcome(IN_TURN, IN_TURN), Outcome::DoesNotHold, "all cores, and a GIL");
    }
}

#[test]
fn concurrency_is_several_dishes_in_flight_on_one_core() {
    let outcome = |switches| on_one_core(&rust(IN_TURN, TOGETHER, switches)).outcome;
    assert_eq!(outcome(SWITCHED), Outcome::Holds);
    assert_eq!(outcome(IN_TURN), Outcome::DoesNotHold);
}

#[test]
fn one_cook_has_several_dishes_in_flight_and_cuts_one_at_a_time() {
    let outcome = |starts| in_turn("Rust", &trace(starts), Some(0.0)).outcome;
    assert_eq!(outcome(SWITCHED), Outcome::Holds);
    assert_eq!(outcome(IN_TURN), Outcome::DoesNotHold, "a dish is begun only after another is done");
    assert_eq!(outcome(TOGETHER), Outcome::DoesNotHold, "three pairs of hands");
    let busy = in_turn("Rust", &trace(IN_TURN), Some(0.9)).outcome;
    assert!(matches!(busy, Outcome::NotMeasured(_)));
}

#[test]
fn where_no_thread_can_be_bound_nothing_is_judged() {
    let why = Text::same("why");
    let nowhere = Rust { one_core: Err(why.clone()), ..rust(IN_TURN, TOGETHER, SWITCHED) };
    for verdict in [needs_cores(&nowhere), on_one_core(&nowhere)] {
        assert_eq!(verdict.outcome, Outcome::NotMeasured(why.clone()));
    }
}

#[test]
fn pots_that_do_not_overlap_refute_concurrency_only_if_nothing_else_overlapped() {
    let judged = |trace: &Trace, foreign| wait_together(TASKS_WAIT, "x", trace, Some(foreign)).outcome;
    let outcome = |starts| judged(&trace(starts), 0.0);
    assert_eq!(outcome(TOGETHER), Outcome::Holds);
    assert_eq!(outcome(IN_TURN), Outcome::DoesNotHold);
    assert!(matches!(outcome(SWITCHED), Outcome::NotMeasured(_)), "the pots only touch: the cuts took too long");
    assert_eq!(judged(&trace(TOGETHER), 0.9), Outcome::Holds, "however busy the machine");
    assert!(matches!(judged(&trace(IN_TURN), 0.9), Outcome::NotMeasured(_)), "the cooks got no core in time");
    let mut short = trace(IN_TURN);
    short.lanes.iter_mut().flat_map(|lane| &mut lane.spans).for_each(|span| span.end = span.start + MS);
    assert!(matches!(judged(&short, 0.0), Outcome::NotMeasured(_)), "done before the next cook came");
}

#[cfg(target_os = "linux")]
#[test]
fn on_one_core_cooks_take_turns_and_have_dishes_in_flight() {
    let minute = Minute { lasts: Duration::from_millis(1), iterations: 20_000_000 };
    let bound = lab::affinity::on_one_core(|| Kitchen::Several.run(Order { dishes: 3, minute })).unwrap().unwrap();
    // A wait for the core that is too short to be noticed counts as cutting: hence not 1.
    let in_turns = |trace: &Trace| kitchen::in_flight::at_once(trace, State::Running) <= 1.2;
    assert!(in_turns(&bound), "{}", kitchen::in_flight::at_once(&bound, State::Running));
    assert!(!in_turns(&trace(TOGETHER)), "three at the same time");
    let switches = lab::affinity::on_one_core(|| Kitchen::Switches.run(Order { dishes: 3, minute })).unwrap().unwrap();
    assert_eq!(kitchen::in_flight::dishes(&switches), 3);
    assert_eq!(kitchen::in_flight::dishes(&trace(IN_TURN)), 1);
}
