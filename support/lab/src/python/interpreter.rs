//! An interpreter, and what it says of itself when it is asked.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;

use super::output::{first_line, last_object};
use crate::lang::Text;
use crate::process;
use crate::text;

/// Time in which an interpreter must tell what it is.
const INTRODUCTION: Duration = Duration::from_secs(30);

/// Asks an interpreter what it is.
const WHO_ARE_YOU: &str = include_str!("who_are_you.py");

/// A Python that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// The program, as it was given.
    pub path: PathBuf,
    /// What it calls itself: CPython, PyPy, Jython.
    pub implementation: String,
    /// Major, minor, micro.
    pub version: [u32; 3],
    /// Whether it runs with a GIL; `None` if that is not known.
    pub gil: Option<bool>,
}

impl Interpreter {
    /// The interpreter in the id of a measurement: "cpython-3.11.7", "cpython-3.13.0-free-threaded".
    pub fn id(&self) -> String {
        self.to_string().to_lowercase().replace(' ', "-")
    }

    /// Why a claim about the GIL cannot be measured on this interpreter; `None` if it has one.
    pub fn why_no_gil(&self) -> Option<Text> {
        match self.gil {
            Some(true) => None,
            Some(false) => Some(text!("GIL이 없습니다", "it has no GIL")),
            None => Some(unknown_gil()),
        }
    }

    /// The id under which [`join`](super::join) puts a measurement of this interpreter into the report.
    pub fn measure_id(&self, id: &str) -> String {
        format!("{}.{id}", self.id())
    }
}

/// "CPython 3.11.7", and "free-threaded" behind it where there is no GIL in a CPython.
impl fmt::Display for Interpreter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, micro] = self.version;
        write!(f, "{} {major}.{minor}.{micro}", self.implementation)?;
        if self.gil == Some(false) && self.implementation == "CPython" {
            f.write_str(" free-threaded")?;
        }
        Ok(())
    }
}

/// Why nothing can be claimed of an interpreter whose [`Interpreter::gil`] is not known.
pub fn unknown_gil() -> Text {
    text!("이 구현에 GIL이 있는지 알 수 없습니다", "whether this implementation has a GIL is unknown")
}

/// How it is known whether an interpreter has a GIL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GilSource {
    /// It was asked: `sys._is_gil_enabled()`.
    Asked,
    /// By the name of the implementation.
    Name,
    /// Two threads that count took as long as one, or twice as long; or nothing that could be told.
    Measured,
}

/// What an interpreter said of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Introduction {
    /// The interpreter.
    pub python: Interpreter,
    /// How it is known whether it has a GIL.
    pub source: GilSource,
    /// Modules that every twin needs and that it lacks.
    pub lacks: Vec<String>,
    /// `sys.prefix`: the folder of its installation or virtual environment. Empty if it has none.
    prefix: Vec<u32>,
    /// The size of the header of an object that counts references, in bytes; 0 where nothing counts them, `None` if it did not say.
    pub header: Option<u64>,
}

impl Introduction {
    /// Why no twin can run on it, if so.
    pub fn why_no_twin(&self) -> Option<Text> {
        let (python, lacks) = (&self.python, self.lacks.join(", "));
        (!lacks.is_empty()).then(|| {
            text!(
                "{python}에 표준 라이브러리의 모듈이 없습니다: {lacks}",
                "{python} lacks modules of the standard library: {lacks}"
            )
        })
    }

    /// Whether both are programs of one installation: `python3` and `python3.11` in one folder.
    pub(super) fn is_the_same(&self, other: &Introduction) -> bool {
        let key = |one: &Introduction| (one.python.implementation.clone(), one.python.version, one.python.gil);
        !self.prefix.is_empty() && self.prefix == other.prefix && key(self) == key(other)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    name: String,
    version: [u32; 3],
    gil: Option<bool>,
    source: GilSource,
    lacks: Vec<String>,
    prefix: Vec<u32>,
    #[serde(default)]
    header: Option<u64>,
}

/// Asks a program what it is. The reason, if it is no Python.
pub(super) fn introduce(path: &Path) -> Result<Introduction, Text> {
    let out = process::run_guarded(path, &["-c".into(), WHO_ARE_YOU.into()], INTRODUCTION, quiet_utf8)?;
    let answer: Answer = last_object(&out, |_| true).ok_or_else(|| match first_line(&out) {
        Some(said) => text!("버전을 물었더니 이렇게 답했습니다: {said}", "asked for its version, it said: {said}"),
        None => text!("버전을 물었으나 답이 없습니다", "asked for its version, it said nothing"),
    })?;
    let Answer { name, version, gil, source, lacks, prefix, header } = answer;
    let python = Interpreter { path: path.to_owned(), implementation: name, version, gil };
    Ok(Introduction { python, source, lacks, prefix, header })
}

/// An interpreter that leaves no `.pyc` files behind and prints UTF-8 whatever the locale.
pub(super) fn quiet_utf8(command: &mut Command) {
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONIOENCODING", "utf-8");
}
