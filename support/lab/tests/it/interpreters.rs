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

/// What a fake interpreter answers: CPython 3.14.1.
fn answer(gil: &str, lacks: &str) -> String {
    format!(
        "{{\"name\": \"CPython\", \"version\": [3, 14, 1], \"gil\": {gil}, \"source\": \"asked\", \"lacks\": [{lacks}], \"prefix\": []}}"
    )
}

/// A fake interpreter that answers the question for its version, with other output before and after the answer.
fn fake(before: &str, gil: &str, after: &str) -> Script {
    Script::new(&format!("{before}\nprintf '{}'\n{after}", answer(gil, "")))
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
    let incomplete = answer("true", "").replace("14, 1", "14");
    assert!(said(&format!("echo '{incomplete}'")).contains("it said"), "incomplete");
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
fn a_default_python_that_does_not_work_is_listed_with_the_reason() {
    let broken = Script::new("echo shims are not installed >&2; exit 7");
    let report = listed(broken.0.path(), broken.0.path());
    let note = report.notes.iter().find(|note| note.en.starts_with("python3: ")).unwrap();
    assert_eq!(note.en, "python3: cannot be used: exit code 7: shims are not installed");
}

/// What `cargo run -p lab` lists with this PATH and this folder of the reader. The system's own interpreters are in it too.
fn listed(path: &Path, home: &Path) -> Report {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command.args(["--json", "--lang", "en"]).env("PATH", path).env("HOME", home);
    for other in ["PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME"] {
        command.env_remove(other);
    }
    let done = command.output().unwrap();
    assert!(done.status.success() && done.stderr.is_empty(), "{done:?}");
    serde_json::from_slice(&done.stdout).unwrap()
}

/// Puts a fake interpreter into a folder: its prefix is the number.
fn install(home: &Path, program: &str, version: &str, prefix: u32) {
    let path = home.join(program);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let said = answer("true", "").replace("3, 14, 1", version).replace("[]}", &format!("[{prefix}]}}"));
    fs::write(&path, format!("#!/bin/sh\necho '{said}'\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn all_interpreters_are_found_once_and_the_default_one_comes_first() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    install(home, "path/python3", "3, 99, 9", 1);
    install(home, "path/python3.99", "3, 99, 9", 1); // another name of the same installation
    install(home, "path/python3-config", "3, 99, 0", 2); // no interpreter
    install(home, "shims/python3.98", "3, 99, 1", 3); // forwards to one of those below
    install(home, ".local/bin/python3.97", "3, 99, 2", 4);
    install(home, ".pyenv/versions/3.99.3/bin/python", "3, 99, 3", 5);
    install(home, ".local/share/uv/python/cpython-3.99.4/bin/python3.99", "3, 99, 4", 6);
    install(home, "path/python3.96", "3, 99, 2", 7); // the same version, installed twice
    std::os::unix::fs::symlink("python3.96", home.join("path/python")).unwrap();
    let path = std::env::join_paths([home.join("shims"), home.join("path")]).unwrap();
    let report = listed(Path::new(&path), home);
    let ours: Vec<(&str, &str)> = report.tables[0]
        .rows
        .iter()
        .map(|row| (row[0].en.as_str(), row[3].en.as_str()))
        .filter(|(name, _)| name.starts_with("CPython 3.99."))
        .collect();
    let expected = [
        ("CPython 3.99.9", "python3"),
        ("CPython 3.99.2", "python3.96"),
        ("CPython 3.99.2", "~/.local/bin/python3.97"),
        ("CPython 3.99.3", "~/.pyenv/versions/3.99.3/bin/python"),
        ("CPython 3.99.4", "~/.local/share/uv/python/cpython-3.99.4/bin/python3.99"),
    ];
    assert_eq!(ours, expected);
    assert_eq!(report.tables[0].rows[0][3].en, "python3");
}

#[test]
fn a_machine_without_a_python_has_an_empty_list() {
    let empty = tempfile::tempdir().unwrap();
    let report = listed(empty.path(), empty.path());
    let system = ["/usr/bin", "/usr/local/bin"];
    let paths = report.tables.iter().flat_map(|table| &table.rows).map(|row| row[3].en.as_str());
    assert!(paths.clone().all(|path| system.iter().any(|folder| path.starts_with(folder))), "{:?}", report.tables);
    assert!(!report.verdicts.is_empty(), "what cannot be judged says so");
}

#[test]
fn an_interpreter_without_its_standard_library_is_listed_with_what_it_lacks() {
    if real_python().is_none() {
        return;
    }
    let blocked = |modules: &str| {
        let program = format!("import sys; sys.modules.update(dict.fromkeys({modules})); exec(sys.argv[1])");
        Script::new(&format!("exec python3 -c \"{program}\" \"$2\"")).found().unwrap()
    };
    let (name, gil) = blocked("['json']");
    assert!(name.starts_with("CPython 3.") && name.ends_with(" (no json)"), "{name}");
    assert_ne!(gil, "unknown");
    // Without `platform` its name is known from `sys`.
    let (name, _) = blocked("['json', 'platform', 'threading']");
    assert!(name.starts_with("CPython 3.") && name.ends_with(" (no json, threading)"), "{name}");
}

/// The real `python3` and whether it has a GIL; if there is none, says so.
fn real_python() -> Option<(String, String)> {
    let there = Command::new("python3").arg("--version").output().is_ok_and(|done| done.status.success());
    assert!(there || std::env::var_os("CI").is_none(), "CI has no Python");
    if !there {
        println!("not measured: there is no python3 here");
        return None;
    }
    Some(found(Some(Path::new("python3"))).unwrap())
}

/// The probe script tells implementations apart by name. Here the real Python runs it under other names.
#[test]
fn implementations_are_known_by_name_or_measured() {
    let Some(real) = real_python() else { return };
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
