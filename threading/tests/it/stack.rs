//! What `stack` promises: all threads alive at the same time, address space as asked for, memory as used, limits by name.

use std::process::{Command, Output};

use lab::report::Report;
use threading::experiments::stack::Crowd;

const PROGRAM: &str = env!("CARGO_BIN_EXE_threading");

fn stack(limit: &str, threads: usize) -> Output {
    let script = format!("{limit}; exec \"$0\" stack --no-python --json --lang en --threads {threads}");
    Command::new("sh").args(["-c", &script, PROGRAM]).output().unwrap()
}

fn report(output: &Output) -> Report {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"))
}

const KIB: f64 = 1024.0;

#[test]
fn address_space_is_what_was_asked_for_and_memory_is_what_was_used() {
    let report = report(&stack(":", 200));
    let of = |id: &str| report.measure(id).unwrap_or_else(|| panic!("{id}: {:?}", report.notes)).median();
    for (row, kib) in [("64k", 64.0), ("2048k", 2048.0), ("8192k", 8192.0), ("8192k-used-64k", 8192.0)] {
        assert_eq!(of(&format!("alive.rust.{row}")), 200.0);
        assert!(of(&format!("virtual.rust.{row}")) >= kib * KIB, "{row}");
    }
    // 64 KiB of the stack were written to: by the threads that did, and not by those that did not.
    let uses = |row: &str| of(&format!("resident.rust.{row}")) >= 60.0 * KIB;
    assert!(uses("8192k-used-64k") && !uses("8192k"));
}

/// With a limit on address space, rows with large stacks fail with the name of the error, and the small ones are measured.
#[test]
fn a_limit_is_named_and_the_other_rows_are_measured() {
    let report = report(&stack("ulimit -v 3000000", 1000));
    assert!(report.measure("resident.rust.64k").is_some(), "{:?}", report.notes);
    let note = report.notes.iter().find(|note| note.en.starts_with("Rust, 8.0 MiB: not measured: after ")).unwrap();
    assert!(note.en.contains("of 1000 threads") && note.en.contains("EAGAIN"), "{note:?}");
}

#[test]
fn if_no_row_can_be_measured_it_is_one_line() {
    let output = stack("ulimit -v 800000", 12_000);
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), words.lines().count()), (Some(1), 1), "{words}");
    // Either a thread cannot be started, or a started one finds no memory for what the runtime needs in it.
    assert!(words.contains("not measured") && output.stdout.is_empty(), "{words}");
}

/// The machine's bound is found before a thread is started.
#[test]
fn more_threads_than_the_machine_allows_are_refused_with_the_bound() {
    let output = stack("ulimit -v unlimited", 100_000);
    let words = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        return println!("not measured: this machine allows 100,000 threads");
    }
    assert_eq!((output.status.code(), words.lines().count()), (Some(1), 1), "{words}");
    assert!(words.contains("--threads 100000: this machine allows ") && output.stdout.is_empty(), "{words}");
}

/// In a process of its own, as the only test: beside others, threads start and end meanwhile.
#[test]
fn a_crowd_is_alive_together_and_ends() {
    const ALONE: &str = "CROWD_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return count_a_crowd();
    }
    let mut alone = Command::new(std::env::current_exe().unwrap());
    let done = alone.args(["--exact", "stack::a_crowd_is_alive_together_and_ends"]).env(ALONE, "1").output().unwrap();
    assert!(done.status.success() && String::from_utf8_lossy(&done.stdout).contains("1 passed"), "{done:?}");
}

fn count_a_crowd() {
    let threads = || lab::machine::threads().unwrap();
    let before = threads();
    let mut crowd = Crowd::default();
    (0..20).for_each(|_| crowd.add(64, 16, None).unwrap());
    assert!(crowd.all_alive());
    assert_eq!(threads(), before + 20);
    drop(crowd);
    // The system counts a thread that was joined until it has put it away.
    harness::until("all have ended", || threads() == before);
}
