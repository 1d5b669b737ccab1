//! A failure in native code becomes an exception, and nothing hangs or dies.

use lab::claims::Outcome;

use crate::program::{pythons, report};

#[test]
fn failures_become_exceptions() {
    let pythons = pythons();
    let report = report(&["failures", "--iterations", "30000000"], &pythons);
    let seen: Vec<(&str, &str)> = report.tables[0].rows.iter().map(|row| (&*row[1].en, &*row[2].en)).collect();
    let expected = [
        ("a panic, the GIL held", "PanicException"),
        ("a panic, the GIL released", "PanicException"),
        ("an error, the GIL released", "ValueError"),
        ("Ctrl-C, signals not checked", "KeyboardInterrupt"),
        ("Ctrl-C, signals checked", "KeyboardInterrupt"),
    ];
    assert_eq!(seen[0], ("a panic in a thread", "Err of join"));
    assert_eq!(seen[1..].len(), expected.len() * pythons.len(), "{:?}", report.verdicts);
    assert!(seen[1..].chunks(expected.len()).all(|rows| rows == expected), "{seen:?}");
    assert!(pythons.is_empty() || report.verdicts.iter().all(|v| v.outcome == Outcome::Holds), "{:?}", report.verdicts);
}
