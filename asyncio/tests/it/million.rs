//! Thousands of sleepers: a row is valid only if all of them were asleep at the same time.

use std::process::Command;

use asyncio::experiments::million::{judge, sizes};
use lab::lang::Text;
use lab::report::{Measure, Report, Unit};

fn asyncio(args: &[&str]) -> Report {
    let mut program = Command::new(env!("CARGO_BIN_EXE_asyncio"));
    let out = program.args(args).stdin(std::process::Stdio::piped()).output();
    let out = out.expect("cargo built it for this test");
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).expect("a report")
}

fn kinds() -> [&'static str; 5] {
    asyncio::experiments::million::measure::Sleeper::ALL.map(|sleeper| sleeper.id())
}

/// Runs the hidden command for one row. The test keeps its standard input open, because the command exits when that closes.
fn row(kind: &str, many: usize, seconds: f64) -> Report {
    let mut child = Command::new(env!("CARGO_BIN_EXE_asyncio"))
        .args(["sleepers", "--kind", kind, "--tasks", &many.to_string(), "--seconds", &seconds.to_string()])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("cargo built it for this test");
    let lifeline = child.stdin.take();
    let out = child.wait_with_output().expect("the child has ended");
    drop(lifeline);
    serde_json::from_slice(&out.stdout).expect("a report")
}

#[test]
fn a_row_is_invalid_unless_all_slept_at_the_same_time() {
    let report = |alive: f64| {
        let of = |id: &str, unit, value: f64| Measure::new(id, Text::default(), unit, vec![value]);
        let measures =
            vec![of("bytes", Unit::Bytes, 5000.0), of("alive", Unit::Count, alive), of("cpu", Unit::Ns, 7.0)];
        Report { measures, ..Report::default() }
    };
    let good = judge(&report(10.0), 10).unwrap();
    assert_eq!((good.many, good.bytes, good.cpu), (10, 500.0, Some(7.0)));
    assert!(judge(&report(9.0), 10).unwrap_err().en.contains("only 9 of 10"));
    assert!(judge(&Report::default(), 10).is_err(), "an empty report is not a valid row");
}

/// Known wrong: sleepers that sleep for less time than it takes to spawn them all. The first wakes up before the last goes to sleep.
#[test]
fn a_sleep_that_is_too_short_makes_the_row_invalid() {
    for kind in kinds() {
        let report = row(kind, 3000, 0.0);
        let alive = report.measure("alive").unwrap().median();
        assert!(alive < 3000.0, "{kind}: {alive}");
        assert!(judge(&report, 3000).is_err(), "{kind}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_memory_per_sleeper_is_plausible() {
    for kind in kinds() {
        // On a very busy machine even this sleep may be too short. The row is then invalid, and there is nothing to check.
        let Ok(row) = judge(&row(kind, 2000, 3.0), 2000) else { continue };
        // A task takes at least its timer, and these tasks take less than a page. A thread takes at least a page.
        let (least, most) = if kind == "thread" { (4096.0, 65536.0) } else { (64.0, 4096.0) };
        assert!(row.bytes > least && row.bytes < most, "{kind}: {row:?}");
    }
}

#[test]
fn the_sizes_begin_with_a_thousand_and_end_with_the_largest() {
    assert_eq!(sizes(1_000_000), [1000, 10_000, 100_000, 1_000_000]);
    assert_eq!(sizes(25_000), [1000, 10_000, 25_000]);
    assert_eq!(sizes(1000), [1000]);
    assert_eq!(sizes(50), [50]);
}

#[test]
fn the_report_has_every_kind_or_says_why_it_is_missing() {
    let report = asyncio(&["million", "--most", "200", "--threads", "50", "--json", "--no-python"]);
    assert_eq!(report.charts.len(), 2);
    assert!(report.traces.iter().all(|trace| trace.lanes.iter().all(|lane| !lane.spans.is_empty())));
    for kind in kinds() {
        let size = if kind == "thread" { 50 } else { 200 };
        let measured = report.measure(&format!("bytes.{kind}.{size}")).is_some();
        let refused = report.notes.iter().any(|note| note.en.contains(&format!("× {size}: not measured")));
        assert!(measured || refused, "{kind}: {:?}", report.notes);
    }
}
