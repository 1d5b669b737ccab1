//! For the tests of `grade`: a folder of submissions, and the grader's answer as data.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness::Done;
use serde_json::Value;

pub const LAB: &str = "01-join-all";

/// A file of the first lab.
pub fn lab_file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("labs").join(LAB).join(name);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A folder of submissions in Rust to the first lab; gone when dropped.
pub struct Folder {
    home: tempfile::TempDir,
}

impl Folder {
    pub fn new() -> Folder {
        let folder = Folder { home: tempfile::tempdir().unwrap() };
        fs::create_dir(folder.path()).unwrap();
        folder
    }

    pub fn path(&self) -> PathBuf {
        self.home.path().join("submissions")
    }

    /// Beside the submissions, for what a test keeps.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn file_of(&self, name: &str) -> PathBuf {
        self.path().join(name).join(LAB).join("submission.rs")
    }

    pub fn add(&self, name: &str, source: &str) -> &Folder {
        let file = self.file_of(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, source).unwrap();
        self
    }

    /// `grade` on this folder.
    pub fn command(&self, options: &[&str]) -> Command {
        let mut command = grader();
        command.arg("grade").arg(self.path()).args(["--lang", "en", "--saved"]).arg(self.beside("saved")).args(options);
        command
    }

    /// The JSON of `grade`.
    pub fn graded(&self) -> Value {
        let done = harness::finish(harness::start(piped(&mut self.command(&["--format", "json"])))).ends_with(0);
        serde_json::from_str(&done.out).unwrap_or_else(|e| panic!("{e}: {done:?}"))
    }
}

pub fn grader() -> Command {
    Command::new(env!("CARGO_BIN_EXE_exercises"))
}

pub fn piped(command: &mut Command) -> &mut Command {
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped())
}

pub fn run(command: &mut Command) -> Done {
    harness::finish(harness::start(piped(command)))
}

/// The grade of one submission.
pub fn grade_of<'a>(sheet: &'a Value, name: &str) -> &'a Value {
    let grades = sheet["grades"].as_array().unwrap();
    grades.iter().find(|grade| grade["submission"] == name).unwrap_or_else(|| panic!("no grade of {name}: {sheet:#}"))
}

/// Its points.
pub fn points(sheet: &Value, name: &str) -> u64 {
    marks(grade_of(sheet, name)).values().sum()
}

/// Points by promise.
pub fn marks(grade: &Value) -> BTreeMap<String, u64> {
    let marks = grade["marks"].as_array().unwrap();
    marks.iter().map(|mark| (mark["promise"].as_str().unwrap().to_owned(), mark["points"].as_u64().unwrap())).collect()
}
