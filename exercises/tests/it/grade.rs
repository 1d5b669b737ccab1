//! `grade`: the table, what is saved, what is found, wrong command lines.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::submissions::{Folder, LAB, grade_of, grader, lab_file, marks, piped, points, run};

/// What each file of the first lab comes to: points for together, in_order, reported, joined.
const EXPECTED: [(&str, [u64; 4]); 10] = [
    ("solution.rs", [4, 2, 2, 2]),
    ("starter.rs", [0, 2, 2, 0]),
    ("mutants/serial.rs", [0, 2, 2, 2]),
    ("mutants/two_at_a_time.rs", [0, 2, 2, 2]),
    ("mutants/completion_order.rs", [4, 0, 2, 2]),
    ("mutants/error_dropped.rs", [4, 2, 0, 2]),
    ("mutants/error_renamed.rs", [4, 2, 0, 2]),
    ("mutants/first_error_returns.rs", [4, 2, 2, 0]),
    ("mutants/sleeps.rs", [4, 2, 2, 0]),
    ("mutants/written_down.rs", [0, 0, 0, 0]),
];

#[test]
fn forty_submissions_get_exactly_the_expected_table() {
    let folder = Folder::new();
    let mut expected = BTreeMap::new();
    for number in 0..40 {
        // Mixed, so that the same file is not graded four times at once.
        let (file, points) = EXPECTED[number * 7 % EXPECTED.len()];
        let name = format!("student-{number:02}");
        folder.add(&name, &lab_file(file));
        expected.insert(name, (file, points));
    }
    let sheet = folder.graded();
    let grades = sheet["grades"].as_array().unwrap();
    assert_eq!(grades.len(), 40);
    let wrong = grades.iter().filter_map(|grade| {
        let name = grade["submission"].as_str().unwrap();
        let (file, points) = expected[name];
        let marks = marks(grade);
        let got = ["together", "in_order", "reported", "joined"].map(|promise| marks[promise]);
        (got != points).then(|| format!("{name} ({file}): {got:?} instead of {points:?}: {grade:#}"))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_second_run_goes_on_where_the_first_one_stopped() {
    let folder = Folder::new();
    for name in ["a", "b", "c"] {
        folder.add(name, &lab_file("solution.rs"));
    }
    let first = folder.graded();
    // What is saved is not graded again: the second run returns the same seconds.
    let again = folder.graded();
    assert_eq!(first, again);
    // A submission that was changed is graded anew, and the others are not.
    folder.add("b", &lab_file("starter.rs"));
    let third = folder.graded();
    assert_eq!(grade_of(&third, "a"), grade_of(&first, "a"));
    assert_eq!((points(&third, "a"), points(&third, "b")), (10, 4));
    // A file that is not whole counts as missing.
    let saved: Vec<_> = fs::read_dir(folder.beside("saved")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(saved.len(), 4);
    for file in saved {
        fs::write(file, "{\"submission\":").unwrap();
    }
    assert_eq!(points(&folder.graded(), "b"), 4);
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_what_was_graded_and_leaves_nothing_running() {
    let folder = Folder::new();
    folder.add("a", &lab_file("solution.rs"));
    folder.graded();
    // One that takes long, whose program can be recognised.
    let word = format!("9{}", std::process::id());
    let long = format!(
        "{}\n{}",
        lab_file("solution.rs").replace("pub fn run_all", "fn never_called"),
        attack(&format!("std::process::Command::new(\"sleep\").arg(\"{word}\").status().unwrap();"))
    );
    for name in ["b", "c"] {
        folder.add(name, &long);
    }
    let child = harness::start(piped(&mut folder.command(&["--format", "json"])));
    harness::until("the submission runs", || running(&word));
    harness::signal("INT", child.id());
    let done = harness::finish(child).ends_with(130);
    let sheet: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!((sheet["missing"].as_u64(), points(&sheet, "a")), (Some(2), 10), "{done:?}");
    assert_eq!(done.err.lines().count(), 1, "{done:?}");
    assert!(done.err.contains("1 of 3"), "{done:?}");
    assert!(!running(&word), "a program is still running");
}

/// The end of a submission to the first lab that does something else than its jobs.
pub fn attack(code: &str) -> String {
    format!(
        "pub fn run_all(jobs: Vec<Job>) -> Result<Vec<u32>, String> {{\n    {code}\n    #[allow(unreachable_code)]\n    never_called(jobs)\n}}\n"
    )
}

/// Whether a process has this word in its command line.
pub fn running(word: &str) -> bool {
    let lines =
        fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|e| fs::read(e.path().join("cmdline")).ok());
    lines.into_iter().any(|line| line.split(|byte| *byte == 0).any(|part| part == word.as_bytes()))
}

#[test]
fn files_with_other_names_are_found_when_the_lab_is_named() {
    let folder = Folder::new();
    let solution = lab_file("solution.rs");
    fs::write(folder.path().join("dave.rs"), &solution).unwrap();
    fs::create_dir(folder.path().join("carol")).unwrap();
    fs::write(folder.path().join("carol/anything.rs"), &solution).unwrap();
    fs::create_dir(folder.path().join("eve")).unwrap();
    // Nothing is guessed: without the lab nothing is found.
    assert!(run(&mut folder.command(&[])).ends_with(2).err.contains("--lab N"));
    let done = run(&mut folder.command(&["--lab", "1", "--format", "json"])).ends_with(0);
    let sheet: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(["carol", "dave", "eve"].map(|name| points(&sheet, name)), [10, 10, 0]);
    assert!(grade_of(&sheet, "eve")["refused"]["en"].as_str().unwrap().starts_with("nothing was handed in"));
}

#[test]
fn no_submission_is_written_over() {
    let folder = Folder::new();
    folder.add("a", &lab_file("solution.rs"));
    let (file, python) = (folder.file_of("a"), folder.beside("python3"));
    fs::write(&python, "a program").unwrap();
    let refused = |out: &Path| run(folder.command(&["--python"]).arg(&python).arg("--out").arg(out)).ends_with(2);
    let done = refused(&file);
    assert!(done.err.contains("this is a submission") && done.err.lines().count() == 1, "{done:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), lab_file("solution.rs"));
    assert!(refused(&python).err.contains("--python reads this file"));
    assert_eq!(fs::read_to_string(&python).unwrap(), "a program");
}

#[test]
fn gradescope_and_github_get_their_files() {
    let folder = Folder::new();
    folder.add("a", &lab_file("solution.rs")).add("b", &lab_file("starter.rs"));
    let out = folder.beside("results");
    fs::create_dir(&out).unwrap();
    run(folder.command(&["--format", "gradescope", "--out"]).arg(&out)).ends_with(0);
    let read = |path: &Path| serde_json::from_slice::<Value>(&fs::read(path).unwrap()).unwrap();
    assert_eq!(read(&out.join("a.json"))["score"], 10);
    assert_eq!(read(&out.join("b.json"))["score"], 4);
    // One submission alone is one document.
    let one = folder.beside("results.json");
    let mut command = grader();
    command.arg("grade").arg(folder.path().join("a")).args(["--format", "gradescope", "--out"]).arg(&one);
    run(command.arg("--saved").arg(folder.beside("saved"))).ends_with(0);
    assert_eq!(read(&one)["tests"].as_array().unwrap().len(), 4);

    let (summary, output) = (folder.beside("summary.md"), folder.beside("output"));
    let mut command = folder.command(&["--format", "github"]);
    let done = run(command.env("GITHUB_STEP_SUMMARY", &summary).env("GITHUB_OUTPUT", &output)).ends_with(0);
    let errors: Vec<&str> = done.out.lines().filter(|line| line.starts_with("::error ")).collect();
    assert_eq!(errors.len(), 2, "{done:?}");
    assert!(errors.iter().all(|line| line.contains(&format!("file=b/{LAB}/submission.rs,"))), "{errors:?}");
    assert!(fs::read_to_string(summary).unwrap().contains("| b | 0/4 | 2/2 | 2/2 | 0/2 | **4/10** |"));
    assert!(fs::read_to_string(output).unwrap().starts_with("result="));
}

#[test]
fn a_wrong_command_line_gets_one_line() {
    let folder = Folder::new();
    let empty = folder.path();
    let missing = folder.beside("missing");
    for (args, says) in [
        (vec!["grade"], "DIR"),
        (vec!["grade", missing.to_str().unwrap()], "no such folder"),
        (vec!["grade", empty.to_str().unwrap()], "no submission was found"),
        (vec!["grade", empty.to_str().unwrap(), "--lab", "99"], "99"),
        (vec!["grade", empty.to_str().unwrap(), "--format", "xml"], "xml"),
    ] {
        let done = run(grader().args(&args).args(["--lang", "en"])).ends_with(2);
        assert!(done.err.contains(says) && done.err.lines().count() == 1, "{args:?}: {done:?}");
        assert!(done.out.is_empty(), "{args:?}: {done:?}");
    }
}
