//! Callbacks from native code run one at a time under a GIL, the parts around them without it.

use lab::claims::Outcome;
use lab::trace::State;

use crate::program::{pythons, report};

#[test]
fn callbacks_are_serial_under_a_gil() {
    let pythons = pythons();
    let report = report(&["callback", "--iterations", "5000000", "--rounds", "3"], &pythons);
    assert_eq!(report.traces.len(), pythons.len() + 1, "{:?}", report.verdicts);
    for trace in report.traces.iter().filter(|trace| !trace.title.en.contains("free-threaded")) {
        assert!(trace.is_serial(State::Running), "{}", trace.title);
        for lane in &trace.lanes {
            let count = |state| lane.spans.iter().filter(|span| span.state == state).count();
            assert!(count(State::Native) >= 3 && count(State::Running) == 3, "{}: {:?}", trace.title, lane.spans);
        }
    }
    let judged = report.verdicts.iter().filter(|verdict| !verdict.on.en.contains("free-threaded"));
    assert!(judged.clone().count() > 0);
    assert!(
        pythons.is_empty() || judged.clone().all(|verdict| verdict.outcome == Outcome::Holds),
        "{:?}",
        report.verdicts
    );
}
