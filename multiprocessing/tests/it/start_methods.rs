//! What starting costs: every kind is measured, and wrong figures are noticed.

use crate::common::{report, run};
use lab::claims::{self, Outcome};
use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::{Measure, Report, Unit};
use multiprocessing::experiments::start_methods::report::{
    GUARD, INTERPRETERS, START, judge_guard, judge_interpreters, judge_start, judge_twin, tables,
};

#[test]
fn each_kind_is_started_in_every_round_and_once_before() {
    let report = report(&run(&["start-methods", "--rounds", "2", "--no-python", "--json"]).ends_with(0));
    for kind in ["thread", "spawn", "forkserver"] {
        let samples = |what: &str| report.measure(&format!("{what}.{kind}")).unwrap().samples.len();
        assert_eq!((samples("first"), samples("start")), (1, 2), "{kind}");
    }
    assert!(report.measure("start.fork").is_none(), "Rust's library has none");
    assert_eq!(report.tables[0].rows.len(), 1, "no Python, no row: {:?}", report.tables);
    assert!(report.verdicts.iter().all(|verdict| verdict.about().is_some()), "{:?}", report.verdicts);
}

fn with(measures: &[(&str, f64)]) -> Report {
    let measure = |(id, value): &(&str, f64)| Measure::new(*id, Text::default(), Unit::Ns, vec![*value, *value * 9.0]);
    Report { measures: measures.iter().map(measure).collect(), ..Report::default() }
}

#[test]
fn methods_that_cost_the_same_refute_the_claim_and_one_method_tells_nothing() {
    let outcome = |measures: &[(&str, f64)]| judge_start(Text::default(), &with(measures)).outcome;
    assert_eq!(outcome(&[("start.fork", 1e6), ("start.spawn", 9e6), ("start.forkserver", 1e6)]), Outcome::Holds);
    assert_eq!(outcome(&[("start.fork", 1.0e6), ("start.spawn", 1.1e6)]), Outcome::DoesNotHold);
    assert!(matches!(outcome(&[("start.spawn", 1e6), ("start.thread", 1.0)]), Outcome::NotMeasured(_)));
}

fn python(implementation: &str, minor: u32) -> Interpreter {
    Interpreter {
        path: "python".into(),
        implementation: implementation.into(),
        version: [3, minor, 0],
        gil: Some(true),
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_default_that_the_claim_does_not_name_refutes_it() {
    let twin = |default: &str| with(&[("start.fork", 1e6), ("start.spawn", 9e6), (default, 1.0)]);
    let outcome = |minor, default: &str| judge_twin(&python("CPython", minor), &twin(default)).outcome;
    assert_eq!(outcome(13, "default.fork"), Outcome::Holds);
    assert_eq!(outcome(14, "default.forkserver"), Outcome::Holds);
    assert_eq!(outcome(13, "default.forkserver"), Outcome::DoesNotHold);
    assert_eq!(outcome(14, "default.fork"), Outcome::DoesNotHold);
    assert_eq!(
        judge_twin(&python("PyPy", 14), &twin("default.fork")).outcome,
        Outcome::Holds,
        "the claim is CPython's"
    );
}

#[test]
fn sub_interpreters_are_judged_by_the_cores_that_two_of_them_used() {
    let outcome = |cores: f64| {
        let twin = with(&[("cores.interpreter", cores / 5.0), ("wall.interpreter", 1e9)]); // the median of x and 9x
        judge_interpreters(&python("CPython", 14), &twin, Some(0.0)).outcome
    };
    assert_eq!(outcome(1.9), Outcome::Holds);
    if lab::machine::cores() > 1 {
        assert_eq!(outcome(1.0), Outcome::DoesNotHold, "sub-interpreters that share one GIL");
    }
    let without = judge_interpreters(&python("CPython", 11), &with(&[("cores.thread", 1.0)]), None);
    assert!(matches!(without.outcome, Outcome::NotMeasured(_)), "older versions have none");
    for claim in [START, INTERPRETERS, GUARD] {
        assert!(claims::ledger().iter().any(|known| known.id == claim), "{claim}");
    }
}

#[test]
fn a_program_without_the_check_that_starts_by_spawn_refutes_the_claim() {
    let judged = |fork: f64, spawn: f64, server: f64| {
        let twin = with(&[("unguarded.fork", fork), ("unguarded.spawn", spawn), ("unguarded.forkserver", server)]);
        judge_guard(&python("CPython", 14), &twin)
    };
    assert_eq!(judged(1.0, 0.0, 0.0).outcome, Outcome::Holds);
    assert_eq!(judged(1.0, 1.0, 0.0).outcome, Outcome::DoesNotHold);
    assert_eq!(judged(1.0, 0.0, 1.0).outcome, Outcome::DoesNotHold);
    assert!(judged(1.0, 0.0, 0.0).evidence.en.contains("without the check fork started; spawn, forkserver did not"));
    let only_fork = judge_guard(&python("CPython", 14), &with(&[("unguarded.fork", 1.0)]));
    assert!(matches!(only_fork.outcome, Outcome::NotMeasured(_)));
}

#[test]
fn each_interpreter_has_a_row_and_its_default_is_named() {
    let python = python("CPython", 14);
    let id = |id: &str| python.measure_id(id);
    let ids = [id("start.interpreter"), id("start.fork"), id("default.fork"), "start.thread".to_owned()];
    let measures: Vec<(&str, f64)> = ids.iter().map(|id| (id.as_str(), 2e6)).collect();
    let tables = tables(&with(&measures), std::slice::from_ref(&python));
    let rows: Vec<Vec<&str>> =
        tables[0].rows.iter().map(|row| row.iter().map(|cell| cell.en.as_str()).collect()).collect();
    assert_eq!(rows[0], ["Rust", "10.0 ms", "–", "–", "–", "–"]);
    assert_eq!(rows[1], ["CPython 3.14.0", "–", "10.0 ms", "10.0 ms *", "–", "–"]);
    assert_eq!(tables.len(), 1, "what nobody measured has no table");
}
