//! Runs the program of this section, on every Python that the extension is built for.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use harness::{Done, finish, start};
use lab::report::Report;

/// `python3` and the versions of pyenv from 3.8 on, if they run.
pub fn pythons() -> Vec<String> {
    let root = env::var_os("PYENV_ROOT").map(PathBuf::from);
    let root = root.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".pyenv")));
    let versions = root.and_then(|root| fs::read_dir(root.join("versions")).ok()).into_iter().flatten().flatten();
    let mut found: Vec<String> =
        versions.map(|version| version.path().join("bin/python").display().to_string()).collect();
    found.push("python3".to_owned());
    found.retain(|python| is_recent_cpython(python));
    // Without a Python nothing is measured here; CI must have one.
    assert!(!found.is_empty() || env::var_os("CI").is_none(), "CI has no Python");
    if found.is_empty() {
        println!("not measured: there is no CPython 3.8 or later here");
    }
    found
}

fn is_recent_cpython(python: &str) -> bool {
    let ask = "import sys; sys.exit(sys.version_info < (3, 8) or sys.implementation.name != 'cpython')";
    Command::new(python).args(["-c", ask]).output().is_ok_and(|out| out.status.success())
}

pub fn run(args: &[&str]) -> Done {
    let mut command = Command::new(env!("CARGO_BIN_EXE_native"));
    command.args(args).env("LC_ALL", "C").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    finish(start(&mut command))
}

/// The report of an experiment on these interpreters.
pub fn report(args: &[&str], pythons: &[String]) -> Report {
    let on: Vec<&str> = pythons.iter().flat_map(|python| ["--python", python]).collect();
    let none: &[&str] = if pythons.is_empty() { &["--no-python"] } else { &[] };
    serde_json::from_str(&run(&[args, &on, none, &["--json"]].concat()).ends_with(0).out).unwrap()
}
