//! Native code: whether two threads of it overlap is decided by whether it lets go of the lock.

use std::time::Duration;

use gil_sim::experiments::native;
use lab::claims::Outcome;
use lab::report::Report;
use lab::trace::State;

use crate::run;

#[test]
fn native_code_overlaps_only_if_it_lets_go() {
    let lasting = Duration::from_millis(1);
    for keeps in [native::simulated(false), native::real(false, lasting).unwrap()] {
        assert!(keeps.is_serial(State::Running));
        assert!(keeps.lanes.iter().all(|lane| lane.time_in(State::Native) == 0));
    }
    let lets_go = native::simulated(true);
    assert_eq!(lets_go.peak_in_flight(&[State::Native]), 2);
    assert!(lets_go.is_serial(State::Running));
    // With real threads both are inside at once only if the machine gives them time; that they do not compute at once is certain.
    let lets_go = native::real(true, lasting).unwrap();
    assert!(lets_go.is_serial(State::Running));
    assert!(lets_go.lanes.iter().any(|lane| lane.time_in(State::Native) > 0));
}

/// The simulator is the same everywhere, and nothing is too busy in virtual time: its verdicts are exact.
#[test]
fn native_code_is_parallel_only_if_it_lets_go() {
    // A process of its own, for the cores that this one keeps busy are those of all tests.
    let (_, json, _) = run(&["native", "--seconds", "0.2", "--no-python", "--json"]);
    let report: Report = serde_json::from_str(&json).unwrap();
    let verdict = |on: &str| report.verdicts.iter().find(|v| v.on.en == on).unwrap();
    assert!(report.verdicts.iter().all(|v| v.claim == "native-code-parallel"), "{:?}", report.verdicts);
    assert_eq!(verdict("gil-sim (releases the GIL)").outcome, Outcome::Holds);
    assert_eq!(verdict("gil-sim (holds the GIL)").outcome, Outcome::DoesNotHold);
    // With real threads a busy machine may leave it open, but never turn it round.
    assert_ne!(verdict("Rust + GIL (holds the GIL)").outcome, Outcome::Holds);
    assert!(matches!(verdict("CPython").outcome, Outcome::NotMeasured(_)), "no interpreter was given");
}
