//! `check`: what is told of a submission.

use std::process::{Command, Stdio};

use harness::{finish, start};
use unicode_width::UnicodeWidthStr;

use crate::run::{done, lab_1, submission};

const HEAD: &str = "pub type Job = Box<dyn FnOnce() -> Result<u32, String> + Send>;\n";

#[test]
fn a_broken_promise_is_told_with_the_lanes_of_the_run() {
    let told = done(&["check", "1", "--file", &lab_1("starter.rs")]).ends_with(1);
    let parts = [
        "✗ together (4 points)",
        "promised: All five jobs wait at the same time.",
        "seen:     at most 1 of 5 jobs waited at the same time.",
        "job 0 │",
        "▲▲▲",
        "job 4 │",
        "the hint that fits: hint 1 --step 1",
        "✓ in_order",
        "✗ joined",
        "2 of 4 promises kept, 4 of 10 points",
    ];
    let places: Vec<Option<usize>> = parts.iter().map(|part| told.out.find(part)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} {}", told.out);
    assert!(!told.out.contains("✗ joined (2 points)"), "only the first is told in full: {}", told.out);
    let all = done(&["check", "1", "--all", "--file", &lab_1("starter.rs")]).ends_with(1);
    assert!(all.out.contains("✗ together (4 points)") && all.out.contains("✗ joined (2 points)"), "{}", all.out);
}

#[test]
fn pages_fit() {
    for lang in ["ko", "en"] {
        for columns in [20, 80] {
            let mut check = Command::new(env!("CARGO_BIN_EXE_exercises"));
            check.args(["check", "1", "--all", "--lang", lang, "--file", &lab_1("starter.rs")]);
            check.env("COLUMNS", columns.to_string()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let told = finish(start(&mut check)).ends_with(1).out;
            let wide: Vec<&str> = told.lines().filter(|line| line.width() > columns).collect();
            assert!(wide.is_empty(), "{lang}, {columns}: {wide:#?}");
        }
    }
}

#[test]
fn a_solution_passes() {
    let told = done(&["check", "join-all", "--file", &lab_1("solution.rs")]).ends_with(0);
    assert!(told.out.contains("4 of 4 promises kept, 10 of 10 points") && !told.out.contains('✗'), "{}", told.out);
}

#[test]
fn a_submission_that_does_not_compile_shows_what_the_compiler_says() {
    let (_home, file) =
        submission(&format!("{HEAD}pub fn run_all(jobs: Vec<Job>) -> Result<Vec<u32>, String> {{ jobs }}"));
    let told = done(&["check", "1", "--file", &file]).ends_with(1);
    assert!(told.out.contains("it does not compile") && told.out.contains("submission.rs:2:"), "{}", told.out);
    assert!(told.out.contains("0 of 4 promises kept"), "{}", told.out);
}

#[test]
fn a_hang_is_ended_and_named_and_a_panic_too() {
    let body = "pub fn run_all(_: Vec<Job>) -> Result<Vec<u32>, String> {
        let lock = std::sync::Arc::new(std::sync::Mutex::new(()));
        let held = lock.lock().unwrap();
        let same = lock.clone();
        std::thread::spawn(move || drop(same.lock().unwrap())).join().unwrap();
        drop(held);
        Ok(Vec::new())
    }";
    let (_home, file) = submission(&format!("{HEAD}{body}"));
    let told = done(&["check", "1", "--file", &file]).ends_with(1);
    let named = "the run does not end: the main thread waits for the end of run_all";
    assert!(told.out.contains(named), "{}", told.out);
    let body = "pub fn run_all(_: Vec<Job>) -> Result<Vec<u32>, String> { panic!(\"on purpose\") }";
    let (_home, file) = submission(&format!("{HEAD}{body}"));
    let told = done(&["check", "1", "--file", &file]).ends_with(1);
    assert!(told.out.contains("the run failed: on purpose"), "{}", told.out);
}

#[test]
fn a_program_that_ends_early_or_forges_nothing_keeps_no_promise() {
    let body = "pub fn run_all(_: Vec<Job>) -> Result<Vec<u32>, String> { std::process::exit(0) }";
    let (_home, file) = submission(&format!("{HEAD}{body}"));
    let told = done(&["check", "1", "--file", &file]).ends_with(1);
    assert!(told.out.contains("without leaving a record") && told.out.contains("0 of 4"), "{}", told.out);
}

#[test]
fn a_submission_that_names_the_kit_has_no_program() {
    let body = "pub fn run_all(_: Vec<Job>) -> Result<Vec<u32>, String> { kit::end(None, true) }";
    let (_home, file) = submission(&format!("{HEAD}{body}"));
    let told = done(&["check", "1", "--file", &file]).ends_with(1);
    assert!(told.out.contains("line 2 has the name 'kit'") && told.out.contains("0 of 4"), "{}", told.out);
}
