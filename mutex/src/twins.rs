//! What the twins measured, found again in the report that they were joined to.

use lab::python::Interpreter;
use lab::report::{Measure, Report};

/// A measurement of one interpreter, by the id that its twin gave it.
pub fn measure<'a>(report: &'a Report, python: &Interpreter, id: &str) -> Option<&'a Measure> {
    report.measure(&format!("{python}.{id}").to_lowercase().replace(' ', "-"))
}
