//! CPython before 3.13: with the feature `py-spy` its GIL and lines are seen; without it a line says how to see them.

#[cfg(feature = "py-spy")]
use crate::programs::CONVOY;
use crate::programs::{record, value};
use crate::pythons::older;

const TWO: &str = "\
import hashlib, sys
def crunch():
    total = 0
    for i in range(15_000_000):
        total += i
def digest():
    data = bytes(1 << 22)
    for _ in range(300):
        hashlib.sha256(data)
globals()[sys.argv[1]]()
";

#[cfg(feature = "py-spy")]
#[test]
fn the_gil_and_the_lines_are_read_by_py_spy() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("two.py");
    std::fs::write(&script, TWO).unwrap();
    for python in older() {
        for (function, class) in [("crunch", "python"), ("digest", "native")] {
            let report = record(&[python.to_str().unwrap(), script.to_str().unwrap(), function]);
            let (held, free) = (value(&report, "work.python"), value(&report, "work.native"));
            let (most, least) = if class == "python" { (held, free) } else { (free, held) };
            assert!(most > 4.0 * least, "{python:?} {function}: {held} with the GIL, {free} without");
            assert!(report.measure(&format!("class.{class}")).is_some(), "{python:?} {function}: {}", report.shows.en);
            let hottest = &report.measure("line.0.python").unwrap().name.en;
            assert!(hottest.contains("two.py:") && hottest.ends_with(function), "{python:?}: {hottest}");
            let said = report.notes.iter().any(|note| note.en.contains("were read by the crate py-spy"));
            assert!(said && value(&report, "gil_seen") > 0.0, "{:?}", report.notes);
        }
    }
}

/// The thread that computes is not the first. Before 3.11 only the C library knows the kernel's number of it.
#[cfg(feature = "py-spy")]
#[test]
fn threads_are_told_apart() {
    for python in older() {
        let report = record(&[python.to_str().unwrap(), "-c", CONVOY]);
        assert!(value(&report, "convoy") > 0.2, "{python:?}: {}", report.shows.en);
        assert!(report.measure("class.convoy").is_some(), "{python:?}: {}", report.shows.en);
        let places: Vec<&str> = report
            .measures
            .iter()
            .filter(|one| one.id.starts_with("line.") && one.id.ends_with(".python") && one.median() > 0.0)
            .map(|one| one.name.en.as_str())
            .collect();
        assert!(places.iter().any(|place| place.ends_with(" compute")), "{python:?}: {places:?}");
    }
}

#[cfg(not(feature = "py-spy"))]
#[test]
fn what_was_not_seen_and_how_to_see_it_is_one_line() {
    for python in older() {
        let report = record(&[python.to_str().unwrap(), "-c", TWO, "crunch"]);
        let said: Vec<_> = report.notes.iter().filter(|note| note.en.contains("--features py-spy")).collect();
        assert!(matches!(said[..], [note] if note.en.contains("were not seen")), "{python:?}: {:?}", report.notes);
        assert_eq!((value(&report, "gil_seen"), value(&report, "work.python")), (0.0, 0.0), "nothing is guessed");
    }
}
