//! Which interpreters are asked.

use lab::python::{self, Interpreter};

/// The interpreters that were given with `--python`. Where nobody chose: all that are found, from Python 3.6 on, and Jython.
pub fn all(given: &[Interpreter]) -> Vec<Interpreter> {
    let Some(mut found) = python::every(given) else { return given.to_vec() };
    found.retain(|python| python.version >= [3, 6, 0] || python.implementation == "Jython");
    found.sort_by_key(|python| (python.version, python.gil));
    found.dedup_by(|a, b| (&a.implementation, a.version, a.gil) == (&b.implementation, b.version, b.gil));
    found
}
