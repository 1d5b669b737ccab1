//! Which interpreters are asked.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use lab::python::{self, Interpreter};

/// The interpreters that were given with `--python`. Where nothing was given: the default one, Jython, and pyenv's versions from 3.6 on.
pub fn all(given: &[Interpreter]) -> Vec<Interpreter> {
    // One interpreter that calls itself "python3" is the default: nobody chose.
    let chosen = given.iter().any(|python| python.path != Path::new("python3"));
    if chosen || given.is_empty() {
        return given.to_vec();
    }
    let root = env::var_os("PYENV_ROOT").map(PathBuf::from);
    let root = root.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".pyenv")));
    let versions = root.and_then(|root| fs::read_dir(root.join("versions")).ok()).into_iter().flatten().flatten();
    let paths = versions.map(|version| version.path().join("bin").join("python"));
    let mut found: Vec<Interpreter> = python::with_jython(given);
    // A version that does not answer is not there.
    let answering = paths.filter_map(|path| python::find(&[path]).ok()).flatten();
    found.extend(answering.filter(|python| python.version >= [3, 6, 0]));
    found.sort_by_key(|python| (python.version, python.gil));
    found.dedup_by(|a, b| (&a.implementation, a.version, a.gil) == (&b.implementation, b.version, b.gil));
    found
}
