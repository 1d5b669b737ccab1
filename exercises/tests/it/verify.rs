//! `verify`: it is green for the labs, and every kind of mistake makes it red.

use std::fs;
use std::path::Path;

use harness::{Done, finish, start};

use crate::run::{exercises, labs};

/// `verify` of lab 1 in a copy that was spoiled.
fn spoiled(spoil: impl FnOnce(&Path)) -> Done {
    let home = tempfile::tempdir().unwrap();
    for lab in fs::read_dir(labs()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        copy(&lab, &home.path().join(lab.file_name().unwrap()));
    }
    spoil(&home.path().join("01-join-all"));
    // A page names the first mistakes only.
    let mut verify = exercises(&["verify", "1", "--no-python", "--json"]);
    finish(start(verify.env("EXERCISES_LABS", home.path())))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        let to = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            copy(&entry, &to);
        } else {
            fs::copy(&entry, to).unwrap();
        }
    }
}

#[test]
fn the_first_lab_is_proved() {
    let done = spoiled(|_| ()).ends_with(0);
    assert!(done.out.contains("submissions came to what they should") && done.out.contains("\"8/8\""), "{done:?}");
}

#[test]
fn every_mistake_in_a_lab_is_named() {
    let done = spoiled(|lab| {
        let solution = fs::read(lab.join("solution.rs")).unwrap();
        let serial = fs::read(lab.join("mutants/serial.rs")).unwrap();
        // A mutant that is none, a solution that is wrong, a starter that breaks less, a stray file, a text that is missing.
        fs::write(lab.join("mutants/sleeps.rs"), &solution).unwrap();
        fs::write(lab.join("solution.rs"), &serial).unwrap();
        fs::write(lab.join("starter.rs"), &serial).unwrap();
        fs::write(lab.join("mutants/two_at_a_time.rs"), "pub fn run_al() {}").unwrap();
        let named = String::from_utf8(solution).unwrap() + "use kit as _;\n";
        fs::write(lab.join("mutants/serial.rs"), named).unwrap();
        fs::write(lab.join("notes.txt"), "stray").unwrap();
        fs::write(lab.join("task.ko.md"), "# 1. Five waits at once").unwrap();
        let manifest = fs::read_to_string(lab.join("lab.toml")).unwrap();
        let manifest =
            manifest.replacen("hint = 1", "hint = 4", 1).replacen("promise = \"reported\"", "promise = \"reporte\"", 1);
        fs::write(lab.join("lab.toml"), manifest).unwrap();
    })
    .ends_with(1);
    for said in [
        "01-join-all, rust, sleeps.rs: keeps the promise 'joined'",
        "01-join-all, rust, solution: breaks 'together': at most 1 of 5",
        "01-join-all, rust, solution beside two busy loops: breaks 'together'",
        "01-join-all, rust, starter: breaks [\"together\"] instead of [\"together\", \"joined\"]",
        "01-join-all, rust, two_at_a_time.rs: does not compile",
        "01-join-all, rust, serial.rs: line 16 has the name 'kit'",
        "01-join-all: mutants/serial.rs names the kit in line 16",
        "01-join-all: notes.txt is not named in lab.toml",
        "01-join-all: task.ko.md is not Korean",
        "01-join-all: promise together: there is no hint 4",
        "01-join-all: mutant error_dropped.rs: no promise 'reporte' in its track",
    ] {
        let said = said.replace('"', "\\\"");
        assert!(done.out.contains(&said), "{said}\n{}", done.out);
    }
}
