//! Which interpreters are asked, and what each says.

use std::path::Path;

use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::Report;

use crate::extension;

/// The interpreters that were given with `--python`. Where nobody chose: every CPython that is found and that the extension can be built
/// for, in the order of their versions, but the default one first.
pub fn all(given: &[Interpreter]) -> Vec<Interpreter> {
    let Some(mut found) = python::every(given) else { return given.to_vec() };
    found.retain(|python| extension::Abi::of(python).is_ok());
    let Some(default) = given.first() else { return found };
    let key = |python: &Interpreter| (python.version, python.gil);
    found.retain(|python| key(python) != key(default));
    found.sort_by_key(key);
    found.dedup_by_key(|python| key(python));
    found.insert(0, default.clone());
    found
}

/// Runs a twin that imports the extension. The reason, in words, if there is no report.
pub fn ask(python: &Interpreter, script: &Path, args: &[String]) -> Result<Report, Text> {
    let folder = extension::folder(python)?;
    let mut words = vec![folder.display().to_string()];
    words.extend_from_slice(args);
    python::run(python, script, &words, python::LIMIT)
}
