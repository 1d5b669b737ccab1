//! Calls that hold the GIL never share an instant, calls that release it do, and a third thread runs only during the latter: on every
//! Python, however busy the machine is.

use lab::claims::Outcome;
use lab::machine;
use lab::trace::State;
use native::overlap;

use crate::program::{pythons, report};

#[test]
fn the_gil_decides_what_overlaps() {
    let pythons = pythons();
    let report = report(&["release", "--iterations", "15000000", "--calls", "3"], &pythons);
    let of_python = |title: &str| title.starts_with("CPython");
    let traces: Vec<_> = report.traces.iter().filter(|trace| of_python(&trace.title.en)).collect();
    assert_eq!(traces.len(), 2 * pythons.len(), "{:?}", report.verdicts);
    for pair in traces.chunks(2) {
        let [holds, releases] = pair else { panic!("two kinds of native code") };
        let no_gil = holds.title.en.contains("free-threaded");
        let held = overlap::share(holds, State::Running);
        assert_eq!(held > 0.0, no_gil, "{}: {held}", holds.title);
        let released = overlap::share(releases, State::Native);
        assert!(released > overlap::OVERLAP, "{}: {released}", releases.title);
        assert!(pair.iter().all(|trace| trace.lanes.len() == 3), "two threads and the third");
    }
    for measure in report.measures.iter().filter(|measure| !measure.id.contains("free-threaded")) {
        if measure.id.ends_with("ran.holding") {
            assert_eq!(measure.samples, [0.0], "{}: Python code ran while native code held the GIL", measure.id);
        }
        if measure.id.ends_with("ran.releasing") {
            assert!(measure.samples[0] >= 1.0, "{}", measure.id);
        }
    }
    let expected = |on: &str| if on.contains("holds") { Outcome::DoesNotHold } else { Outcome::Holds };
    for verdict in report.verdicts.iter().filter(|verdict| verdict.on.en.contains("the GIL)")) {
        let not_here = machine::cores() < 2 || verdict.on.en.contains("free-threaded");
        assert!(not_here || verdict.outcome == expected(&verdict.on.en), "{verdict:?}");
    }
}

#[test]
fn without_a_python_rust_still_counts() {
    let report = report(&["release", "--iterations", "1000"], &[]);
    assert_eq!(report.traces.len(), 1);
    assert!(matches!(report.verdicts[..], [ref one] if matches!(one.outcome, Outcome::NotMeasured(_))));
}

/// A program that is no interpreter of the extension's is named with the reason; the others are measured.
#[test]
fn an_interpreter_without_the_extension_is_named() {
    let old: Vec<String> = std::env::var("HOME")
        .into_iter()
        .map(|home| format!("{home}/.pyenv/versions/3.7.16/bin/python"))
        .filter(|python| std::path::Path::new(python).is_file())
        .collect();
    if old.is_empty() {
        println!("not measured: there is no CPython 3.7 here");
        return;
    }
    let report = report(&["release", "--iterations", "1000"], &old);
    let Outcome::NotMeasured(why) = &report.verdicts[0].outcome else { panic!("{:?}", report.verdicts) };
    assert!(why.en.contains("3.8 or later"), "{why:?}");
}
