//! What was predicted and measured.

use lab::lang::Text;
use lab::python::Interpreter;
use lab::stats;

use super::cells::Cell;

/// What one cell came to on one interpreter, a value a round.
#[derive(Clone, Debug, Default)]
pub(crate) struct CellResult {
    pub(crate) predicted: Vec<f64>,
    pub(crate) measured: Vec<f64>,
}

impl CellResult {
    /// Prediction over measurement, less one; None where one of them is missing.
    pub(crate) fn error(&self) -> Option<f64> {
        Some(stats::median(&self.predicted)? / stats::median(&self.measured).filter(|m| *m > 0.0)? - 1.0)
    }
}

/// The cells of one interpreter, or why there are none.
pub(crate) struct InterpreterResult {
    pub(crate) python: Interpreter,
    pub(crate) cells: Vec<(Cell, CellResult)>,
    pub(crate) why_not: Option<Text>,
}
