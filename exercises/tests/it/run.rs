//! Runs the program as a reader does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use harness::{Done, finish, start};
use tempfile::TempDir;

/// The program, in English and in 80 columns.
pub fn exercises(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exercises"));
    command.args(args).args(["--lang", "en"]).env("COLUMNS", "80").stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs it to its end.
#[track_caller]
pub fn done(args: &[&str]) -> Done {
    finish(start(&mut exercises(args)))
}

/// The folder of the labs.
pub fn labs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("labs")
}

/// A file of lab 1.
pub fn lab_1(file: &str) -> String {
    labs().join("01-join-all").join(file).display().to_string()
}

/// A submission that is none of ours.
pub fn submission(source: &str) -> (TempDir, String) {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("submission.rs");
    fs::write(&file, source).unwrap();
    let name = file.display().to_string();
    (home, name)
}
