//! Wrong input: one clear line, exit code 2 for a wrong command line and 1 for a failed run, never a panic.

use std::fs;

use harness::{Done, finish, start};

use crate::run::{done, exercises, lab_1};

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
