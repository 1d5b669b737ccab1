//! The command line: both languages, the JSON report, and the errors for wrong arguments.

use std::collections::HashSet;
use std::process::{Command, Output};

use lab::report::Report;

fn asyncio(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_asyncio")).args(args).output().expect("cargo built it for this test")
}

#[test]
fn a_wrong_value_is_one_line_and_exit_code_2() {
    for wrong in [
        &["--runtime", "nonsense"][..],
        &["--seconds", "61"],
        &["--seconds", "-1"],
        &["--seconds", "NaN"],
        &["runtimes", "--tasks", "0"],
        &["runtimes", "--tasks", "10000000000"],
        &["runtimes", "--tasks", "99999999999999999999999"],
        &["runtimes", "--runtime", "tokio"],
        &["runtimes", "--iterations", "0"],
        &["million", "--most", "9"],
        &["million", "--threads", "100001"],
        &["blocking", "--iterations", "0"],
        &["cancel", "--messages", "0"],
        &["gather", "--seconds", "61"],
        &["gil", "--iterations", "x"],
        &["sleepers", "--kind", "nonsense"],
        &["nonsense"],
    ] {
        let out = asyncio(wrong);
        assert_eq!(out.status.code(), Some(2), "{wrong:?}");
        assert!(out.stdout.is_empty(), "{wrong:?}");
        assert_eq!(String::from_utf8(out.stderr).unwrap().lines().count(), 1, "{wrong:?}");
    }
}

#[test]
fn the_listing_prints_in_both_languages() {
    let page = |lang| String::from_utf8(asyncio(&["--seconds", "0.05", "--no-python", "--lang", lang]).stdout).unwrap();
    let (ko, en) = (page("ko"), page("en"));
    assert!(ko.contains("태스크 0 시작") && ko.contains("태스크 4 완료"), "{ko}");
    assert!(en.contains("Task 0 started") && en.contains("Task 4 done"), "{en}");
    assert!(!lab::lang::has_hangul(&en), "{en}");
}

#[test]
fn the_report_of_runtimes_is_complete() {
    let out =
        asyncio(&["runtimes", "--tasks", "3", "--seconds", "0.05", "--iterations", "20", "--json", "--no-python"]);
    let report: Report = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(report.experiment, "asyncio/runtimes");
    // The drawing of a runtime is left out if it looks like the first.
    assert!((1..=4).contains(&report.traces.len()));
    assert!(report.traces.iter().all(|trace| trace.lanes.len() == 3));
    // On waiting together: four runtimes, and CPython, which is not measured. On one thread: the two that are event loops, and CPython.
    assert_eq!(report.verdicts.len(), 5 + 3);
    assert!(report.verdicts.iter().all(|verdict| verdict.about().is_some()));
    let ids: HashSet<&str> = report.measures.iter().map(|measure| measure.id.as_str()).collect();
    assert_eq!(ids.len(), report.measures.len(), "ids are unique");
    let (memory, rounds): (Vec<_>, Vec<_>) = report.measures.iter().partition(|m| m.id.starts_with("bytes."));
    assert!(memory.iter().all(|measure| measure.samples.len() == 1), "memory has one sample, from one process");
    assert!(rounds.iter().all(|measure| measure.samples.len() == 3), "one sample per round");
    assert!(report.tables.iter().all(|table| table.rows.len() == 4));
}
