//! Wrong input: one clear line, exit code 2 for a wrong command line and 1 for a failed run, never a panic.

use std::fs;

use harness::{Done, finish, start};

use crate::run::{done, exercises, lab_1, submission};

#[track_caller]
fn one_line(done: Done, code: i32, said: &str) {
    let done = done.ends_with(code);
    assert!(done.err.contains(said) && done.err.lines().count() == 1 && done.out.is_empty(), "{done:?}");
}

#[test]
fn what_is_not_there() {
    let home = tempfile::tempdir().unwrap();
    let here = home.path().to_str().unwrap();
    fs::write(home.path().join("file"), "not a folder").unwrap();
    let file = home.path().join("file").display().to_string();
    let solution = lab_1("solution.rs");
    one_line(done(&["check", "77", "--dir", here]), 2, "not a workspace of the labs");
    one_line(done(&["check", "77", "--file", &solution]), 2, "there is no lab '77'. There are: 1");
    one_line(done(&["check", "--file", &solution]), 2, "give the number of the lab too");
    one_line(done(&["check", "1", "--file", "no/such.rs"]), 2, "no/such.rs: there is no such file");
    one_line(done(&["check", "1", "--file", here]), 2, "not a file");
    one_line(done(&["check", "1", "--file", &solution, "--dir", here]), 2, "--file");
    one_line(done(&["check", "1", "--file", &solution, "--track", "go"]), 2, "--track go: give rust or python");
    one_line(done(&["check", "1", "--file", &solution, "--json"]), 2, "'check' has no --json");
    one_line(done(&["check", "1", "--dir", &file]), 2, "not a workspace");
    one_line(done(&["hint", "1", "--dir", here]), 2, "not a workspace");
    one_line(done(&["hint", "1", "--step", "4"]), 2, "--step 4: give a whole number from 1 to 3");
    one_line(done(&["solution"]), 2, "give the number of a lab");
    one_line(done(&["start"]), 2, "give the name of a new folder");
    one_line(done(&["start", here]), 2, "this folder is not empty");
    one_line(done(&["start", &file]), 1, "cannot be made");
    one_line(done(&["start", "/proc/no/such"]), 1, "cannot be made");
    one_line(done(&["verify", "77"]), 2, "there is no lab '77'");
    one_line(done(&["judge"]), 2, "there is no experiment 'judge'");
    assert_eq!(fs::read_dir(&home).unwrap().count(), 1, "nothing was left behind");
}

#[test]
fn a_workspace_that_somebody_spoiled() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join(".exercises.json"), "{").unwrap();
    one_line(done(&["check", "1", "--dir", home.path().to_str().unwrap()]), 1, ".exercises.json: cannot be read");
}

#[test]
fn no_cargo_no_compiler_no_room() {
    let judge = || exercises(&["check", "1", "--file", &lab_1("solution.rs")]);
    let nowhere = tempfile::tempdir().unwrap();
    let run = |name: &str, value: &str| finish(start(judge().env(name, value)));
    one_line(run("CARGO", "/no/such/cargo"), 1, "/no/such/cargo cannot be started");
    one_line(run("RUSTC", "/no/such/rustc"), 1, "/no/such/rustc cannot be started");
    one_line(finish(start(judge().env_remove("CARGO").env("PATH", nowhere.path()))), 1, "rustc cannot be started");
    one_line(run("TMPDIR", "/proc/no/such"), 1, "/proc/no/such: cannot be written");
}

/// In the middle of a run: one line, and neither the submission nor its copy is left.
#[cfg(target_os = "linux")]
#[test]
fn ctrl_c() {
    let (home, file) = submission(
        "pub type Job = Box<dyn FnOnce() -> Result<u32, String> + Send>;
        pub fn run_all(_: Vec<Job>) -> Result<Vec<u32>, String> { loop { std::hint::spin_loop() } }",
    );
    let child = start(exercises(&["check", "1", "--file", &file]).env("TMPDIR", home.path()));
    let pid = child.id();
    let of_lab = |pid: &u32| fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "lab");
    let running = harness::until_some("the submission runs", || {
        let running: Vec<u32> = harness::descendants(pid).into_iter().filter(of_lab).collect();
        (!running.is_empty()).then_some(running)
    });
    harness::signal("INT", pid);
    let done = finish(child);
    one_line(done, 1, "stopped");
    assert!(!running.iter().any(|pid| harness::alive(*pid)), "the submission still runs");
    let left = fs::read_dir(&home).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(left.collect::<Vec<_>>(), ["submission.rs"]);
}
