//! The article's listing as a reader runs it.

use crate::common::{error_line, report, run};

/// Whether process `n` said that it started, once, and later that it was done, once.
fn started_then_done(lines: &[&str], started: &str, done: &str) -> bool {
    let places = |line: &str| lines.iter().enumerate().filter(|(_, l)| **l == line).map(|(n, _)| n).collect::<Vec<_>>();
    matches!((&places(started)[..], &places(done)[..]), ([start], [end]) if start < end)
}

#[test]
fn five_processes_start_and_are_done() {
    let page = run(&["article", "--iterations", "1000", "--no-python"]).ends_with(0).out;
    let lines: Vec<&str> = page.lines().collect();
    for n in 0..5 {
        assert!(started_then_done(&lines, &format!("프로세스 {n} 시작"), &format!("프로세스 {n} 완료")), "{page}");
    }
    assert!(!started_then_done(&lines, "프로세스 0 완료", "프로세스 0 시작"), "the check can fail");
    assert!(!started_then_done(&lines, "프로세스 5 시작", "프로세스 5 완료"), "the check can fail");
}

#[test]
fn the_processes_speak_the_readers_language() {
    let page = run(&["--lang", "en", "--iterations", "1000", "--no-python"]).ends_with(0).out;
    let lines: Vec<&str> = page.lines().collect();
    for n in 0..5 {
        assert!(started_then_done(&lines, &format!("Process {n} started"), &format!("Process {n} done")), "{page}");
    }
    assert!(!lab::lang::has_hangul(&page), "{page}");
}

#[test]
fn json_is_a_report_and_nothing_else() {
    let done = run(&["article", "--json", "--iterations", "1000", "--no-python"]).ends_with(0);
    assert_eq!(done.err, "");
    let report = report(&done);
    assert_eq!((report.lines.len(), report.traces[0].lanes.len()), (10, 5));
    assert!(report.verdicts.iter().all(|v| v.about().is_some()));
}

#[test]
fn a_wrong_command_line_is_one_line_and_exit_code_2() {
    for args in [
        ["article", "--iterations", "0"],
        ["article", "--iterations", "1000000000001"],
        ["article", "--workers", "4"],
        ["cpu", "--workers", "65"],
        ["cpu", "--rounds", "0"],
        ["cpu", "--iterations", "many"],
    ] {
        error_line(&run(&args).ends_with(2));
    }
}
