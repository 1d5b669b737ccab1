//! Interpreters as they are found in practice: behind wrappers that print, with a `sitecustomize`, broken, or not a Python at all.
//! Each is a shell script. One test also runs the real `python3`, if there is one.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use lab::report::Report;
use tempfile::TempDir;

/// What `cargo run -p lab` reports about an interpreter: its name and whether it has a GIL. Otherwise the error line.
fn found(python: Option<&Path>) -> Result<(String, String), String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command.args(["--json", "--lang", "en"]);
    if let Some(path) = python {
        command.arg("--python").arg(path);
    }
    let done = command.output().unwrap();
    let (out, err) = (String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap());
    if !done.status.success() {
        assert_eq!((done.status.code(), err.lines().count()), (Some(2), 1), "{err}");
        return Err(err);
    }
    let report: Report = serde_json::from_str(&out).unwrap();
    let row = report.tables.first().and_then(|table| table.rows.first());
    row.map(|row| (row[0].en.clone(), row[1].en.clone())).ok_or(err)
}

/// A folder with one executable script.
struct Script(TempDir);

impl Script {
    fn new(body: &str) -> Script {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("python3");
        fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Script(home)
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("python3")
    }

    fn found(&self) -> Result<(String, String), String> {
        found(Some(&self.path()))
    }
}

/// A fake interpreter that answers the question for its version, with other output before and after the answer.
fn fake(before: &str, gil: &str, after: &str) -> Script {
    Script::new(&format!(
        "{before}\nprintf '{{\"name\": \"CPython\", \"version\": [3, 14, 1], \"gil\": {gil}}}'\n{after}"
    ))
}

#[test]
fn an_interpreter_that_prints_before_and_after_is_found() {
    let noises = [
        "",
        "echo hello",
        "printf 'no line end'",
        "echo '{ \"name\": 3 } {} [[[ {'",
        "printf '\\033[2J\\377\\n'",
        "echo on standard error >&2",
        "yes noise | head -c 1000000",
    ];
    for before in noises {
        for after in noises {
            let found = fake(before, "true", after).found();
            let found = found.unwrap_or_else(|why| panic!("{before:?}, {after:?}: {why}"));
            assert_eq!(found, ("CPython 3.14.1".to_owned(), "yes".to_owned()), "{before:?}, {after:?}");
        }
    }
}

#[test]
fn output_of_a_program_that_is_not_python_is_quoted() {
    let said = |body: &str| Script::new(body).found().unwrap_err();
    assert!(said("echo; echo I am a teapot; echo more").contains("it said: I am a teapot. "), "the first line");
    assert!(said("printf 'red \\033[31m'").contains("red \\u{1b}[31m"), "escaped");
    assert!(said("yes x | tr -d '\\n' | head -c 100000").chars().count() < 400, "cut");
    assert!(said("true").contains("it said nothing"));
    assert!(said("echo broken pipe dream >&2; exit 3").contains("exit code 3: broken pipe dream"));
    assert!(
        said("echo '{\"name\": \"CPython\", \"version\": [3, 14], \"gil\": true}'").contains("it said"),
        "incomplete"
    );
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), PathBuf::from("/nowhere/python3"), PathBuf::from("/etc/passwd")] {
        let why = found(Some(&path)).unwrap_err();
        assert!(why.starts_with(&format!("--python {}: not a Python: ", path.display())), "{why}");
    }
}

#[test]
fn the_gil_is_reported_or_unknown() {
    for (word, name, gil) in [
        ("true", "CPython 3.14.1", "yes"),
        ("false", "CPython 3.14.1 free-threaded", "no"),
        ("null", "CPython 3.14.1", "unknown"),
    ] {
        assert_eq!(fake("", word, "").found().unwrap(), (name.to_owned(), gil.to_owned()));
    }
}

#[test]
fn a_default_python_that_does_not_work_says_why() {
    let broken = Script::new("echo shims are not installed >&2; exit 7");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    let done = command.args(["--lang", "en"]).env("PATH", broken.0.path()).output().unwrap();
    let err = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.success(), "the program runs on: {err}");
    assert_eq!(err, "python3: cannot be used, going on without Python: exit code 7: shims are not installed\n");
    let empty = tempfile::tempdir().unwrap();
    let done = Command::new(env!("CARGO_BIN_EXE_lab")).env("PATH", empty.path()).output().unwrap();
    assert!(done.status.success() && done.stderr.is_empty(), "a missing Python is no error: {done:?}");
}

/// The probe script tells implementations apart by name. Here the real Python runs it under other names.
#[test]
fn implementations_are_known_by_name_or_measured() {
    let there = Command::new("python3").arg("--version").output().is_ok_and(|done| done.status.success());
    assert!(there || std::env::var_os("CI").is_none(), "CI has no Python");
    if !there {
        println!("not measured: there is no python3 here");
        return;
    }
    let real = found(None).unwrap();
    let named = |name: &str| {
        // Sets the name of another implementation before the probe script runs.
        let program = format!(
            "import sys, platform; platform.python_implementation = lambda: '{name}'; \
             hasattr(sys, '_is_gil_enabled') and delattr(sys, '_is_gil_enabled'); exec(sys.argv[1])"
        );
        Script::new(&format!("exec python3 -c \"{program}\" \"$2\""))
            .found()
            .unwrap_or_else(|why| panic!("{name}: {why}"))
    };
    for (name, gil) in [("CPython", "yes"), ("PyPy", "yes"), ("GraalVM", "yes"), ("Jython", "no"), ("RustPython", "no")]
    {
        let found = named(name);
        assert!(found.0.starts_with(name) && found.1 == gil, "{found:?}");
    }
    // Measured with two counting threads: right, or unknown on a busy machine, but never wrong.
    let (name, measured) = named("Snekpython");
    assert!(name.starts_with("Snekpython ") && (measured == "unknown" || measured == real.1), "{measured}, {real:?}");
}
