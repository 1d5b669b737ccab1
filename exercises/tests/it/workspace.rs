//! `start`, `next`, `hint`, `solution`, `list`: the way of a student.

use std::fs;
use std::path::Path;
use std::process::Command;

use harness::{finish, start};

use crate::run::{done, exercises, lab_1, labs};

#[test]
fn a_student_goes_from_red_to_green() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("my labs");
    let dir = folder.to_str().unwrap();
    let started = done(&["start", dir]).ends_with(0);
    assert!(started.out.contains("# 1. Five waits at once") && started.out.contains("✗ together"), "{}", started.out);
    let file = folder.join("01-join-all/submission.rs");
    assert_eq!(fs::read(&file).unwrap(), fs::read(lab_1("starter.rs")).unwrap());

    let refused = done(&["solution", "1", "--dir", dir]).ends_with(1);
    assert!(refused.err.contains("when you have passed lab 1") && refused.err.lines().count() == 1, "{refused:?}");
    let solution = fs::read_to_string(lab_1("solution.rs")).unwrap();
    assert_eq!(done(&["solution", "1", "--dir", dir, "--teacher"]).ends_with(0).out, solution);

    let hints = [1, 2, 3, 3].map(|step| (format!("1-{step}. "), done(&["hint", "--dir", dir]).ends_with(0).out));
    assert!(hints.iter().all(|(begin, hint)| hint.starts_with(begin)), "{hints:?}");
    assert!(done(&["hint", "1", "--dir", dir, "--step", "2"]).out.starts_with("1-2. "));

    fs::write(&file, &solution).unwrap();
    let passed = done(&["check", "--dir", dir]).ends_with(0);
    assert!(passed.out.contains("1. Five waits at once") && passed.out.contains("passed."), "{}", passed.out);
    assert_eq!(done(&["solution", "1", "--dir", dir]).ends_with(0).out, solution);
    let listed = finish(start(exercises(&["list"]).current_dir(&folder))).ends_with(0);
    assert!(listed.out.contains("✓ rust"), "{}", listed.out);

    // Started again, it keeps what the student wrote and did.
    let again = done(&["start", dir]).ends_with(0);
    assert!(!again.out.contains("# 1. Five waits"), "it goes on with the next lab: {}", again.out);
    assert_eq!(fs::read_to_string(&file).unwrap(), solution);
}

#[test]
fn a_workspace_has_every_lab_and_builds_by_itself() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("labs");
    done(&["start", folder.to_str().unwrap()]).ends_with(0);
    for lab in fs::read_dir(labs()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        let mine = folder.join(lab.file_name().unwrap());
        for end in ["rs", "py"] {
            let starter = fs::read(lab.join(format!("starter.{end}"))).ok();
            assert_eq!(fs::read(mine.join(format!("submission.{end}"))).ok(), starter, "{mine:?}");
        }
        assert!(mine.join("task.md").is_file(), "{mine:?}");
    }
    // In the folder of our own builds, so that the crates are compiled once.
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("target/exercises/student");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["check", "--quiet", "--offline", "--target-dir"]).arg(target).current_dir(&folder);
    let built = finish(start(&mut cargo));
    assert!(built.status.success(), "{built:?}");
}
