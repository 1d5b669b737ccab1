//! Which lock an interpreter has. A wrong answer here makes 3.14 a 3.13, or an unknown implementation one without a GIL.

use gil_sim::interpreters::{lock_named, lock_of, version_of};
use gil_sim::sim::Kind;
use gil_sim::vm::version::Version;
use lab::python::Interpreter;

fn python(implementation: &str, major: u32, minor: u32, gil: bool) -> Interpreter {
    let gil = Some(gil);
    Interpreter { path: "python".into(), implementation: implementation.into(), version: [major, minor, 0], gil }
}

#[test]
fn every_cpython_has_the_lock_of_its_version() {
    let expected = |minor| match minor {
        0 | 1 => (Kind::Ticks, Version::Py2),
        2..=9 => (Kind::Shared, Version::Py36),
        10 => (Kind::Shared, Version::Py310),
        11 | 12 => (Kind::Shared, Version::Py311),
        _ => (Kind::Addressed, Version::Py313),
    };
    let of = |python: &Interpreter| (lock_of(python).unwrap(), version_of(python).unwrap());
    assert_eq!(of(&python("CPython", 2, 7, true)), (Kind::Ticks, Version::Py2));
    for minor in 0..=15 {
        assert_eq!(of(&python("CPython", 3, minor, true)), expected(minor), "3.{minor}");
        assert_eq!(lock_named(&format!("3.{minor}")), Some(expected(minor).0), "3.{minor} in a scenario");
    }
    for minor in 13..=15 {
        assert_eq!(of(&python("CPython", 3, minor, false)), (Kind::Free, Version::Free), "3.{minor}t");
    }
    assert_eq!((lock_named("2.7"), lock_named("free")), (Some(Kind::Ticks), Some(Kind::Free)));
}

#[test]
fn a_version_that_is_not_known_is_refused_by_its_own_name() {
    for (major, minor) in [(3, 16), (4, 0), (2, 6), (1, 5)] {
        let why = lock_of(&python("CPython", major, minor, true)).unwrap_err();
        assert!(why.en.contains(&format!("CPython {major}.{minor}")), "{why:?}");
        assert_eq!(lock_named(&format!("{major}.{minor}")), None);
    }
    assert!(lock_of(&python("CPython", 3, 12, false)).is_err(), "no CPython before 3.13 runs without its lock");
    for word in ["", "3", "3.", "3.x", "three"] {
        assert_eq!(lock_named(word), None, "{word}");
    }
}

#[test]
fn only_cpython_has_cpythons_lock() {
    for (name, gil) in [("PyPy", Some(true)), ("GraalPy", Some(true)), ("Jython", Some(false)), ("Foo", None)] {
        let python = Interpreter { gil, ..python(name, 3, 11, true) };
        assert!(lock_of(&python).is_err(), "{name}: the simulator knows CPython's locks");
    }
    let foo = Interpreter { gil: None, ..python("Foo", 3, 11, true) };
    assert_eq!(lock_of(&foo).unwrap_err().en, "whether this implementation has a GIL is unknown");
}

/// What is printed for a version names every CPython that follows its rules.
#[test]
fn versions_are_named_by_all_that_they_stand_for() {
    for (major, minor, gil, name) in [
        (2, 7, true, "2.7–3.1"),
        (3, 1, true, "2.7–3.1"),
        (3, 5, true, "3.2–3.9"),
        (3, 10, true, "3.10"),
        (3, 12, true, "3.11–3.12"),
        (3, 14, true, "3.13–3.15"),
        (3, 15, true, "3.13–3.15"),
        (3, 14, false, "3.13t–3.15t"),
    ] {
        assert_eq!(version_of(&python("CPython", major, minor, gil)).unwrap().name(), name);
    }
}
