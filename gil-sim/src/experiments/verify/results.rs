//! What was predicted and measured.

use lab::lang::Text;
use lab::machine::Watched;
use lab::python::Interpreter;
use lab::stats;

use super::cells::{Cell, Played};
use super::forecast::{Calibration, Forecast};
use super::order::Order;
use crate::turns::Intervals;

/// One cell on one interpreter, with a value for each round.
#[derive(Clone, Debug, Default)]
pub(crate) struct CellResult {
    pub(crate) predicted: Vec<f64>,
    pub(crate) measured: Vec<f64>,
    /// How far two cores were from each other before and after each measured round.
    pub(crate) rounds: Vec<[Option<u64>; 2]>,
    /// How many switch intervals the round trips waited.
    pub(crate) predicted_waits: Intervals,
    pub(crate) measured_waits: Intervals,
    pub(crate) forecast: Option<Forecast>,
}

impl CellResult {
    pub(crate) fn add_predicted(&mut self, played: &Played) {
        self.predicted.extend(played.value);
        self.predicted_waits.add(&played.waited);
    }

    pub(crate) fn add_measured(&mut self, played: &Played, distances: [Option<u64>; 2]) {
        self.measured.extend(played.value);
        self.rounds.extend(played.value.map(|_| distances));
        self.measured_waits.add(&played.waited);
    }

    /// Prediction over measurement, less one; None where one of them is missing.
    pub(crate) fn error(&self) -> Option<f64> {
        Some(stats::median(&self.predicted)? / stats::median(&self.measured).filter(|m| *m > 0.0)? - 1.0)
    }

    /// Whether the measured median lies within the forecast; None where one of them is missing.
    pub(crate) fn within(&self) -> Option<bool> {
        Some(self.forecast?.contains(stats::median(&self.measured)?))
    }
}

/// The cells of one interpreter, or why there are none.
pub(crate) struct InterpreterResult {
    pub(crate) python: Interpreter,
    /// The C library it runs with, as it says itself; it has the condition variable that its lock is made of.
    pub(crate) libc: Option<Text>,
    pub(crate) cells: Vec<(Cell, CellResult)>,
    /// All calibrations of the machine and of this interpreter.
    pub(crate) calibrations: Vec<Calibration>,
    /// What other programs used while this one was measured.
    pub(crate) others: Watched,
    /// Whose turn came after whose, or why that is not known.
    pub(crate) order: Result<Vec<Order>, Text>,
    pub(crate) why_not: Option<Text>,
}

/// Others may use so much of the machine while something is judged.
const MOST_FOREIGN: f64 = 0.25;

impl InterpreterResult {
    /// Of the cells with a forecast and a measured value: how many lie within, how many there are.
    pub(crate) fn within(&self) -> (usize, usize) {
        let known: Vec<bool> = self.cells.iter().filter_map(|(_, found)| found.within()).collect();
        (known.iter().filter(|within| **within).count(), known.len())
    }

    /// The widest forecast of those cells whose answer does not come at once.
    pub(crate) fn widest(&self) -> Option<f64> {
        let forecasts = self.cells.iter().filter(|(cell, _)| !cell.answers_at_once());
        forecasts.filter_map(|(_, found)| found.forecast).map(|forecast| forecast.width()).max_by(f64::total_cmp)
    }

    /// What others used, if that was too much to judge by these measurements, or is not known.
    pub(crate) fn disturbed(&self) -> Option<Option<f64>> {
        judged_by(self.others.foreign())
    }
}

fn judged_by(foreign: Option<f64>) -> Option<Option<f64>> {
    match foreign {
        Some(share) if share <= MOST_FOREIGN => None,
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_machine_is_not_judged_by() {
        assert_eq!(judged_by(Some(0.25)), None);
        assert_eq!(judged_by(Some(0.26)), Some(Some(0.26)));
        assert_eq!(judged_by(None), Some(None), "who does not know does not judge either");
    }

    #[test]
    fn the_measured_median_is_what_lies_within() {
        let found =
            |measured: &[f64], forecast| CellResult { measured: measured.to_vec(), forecast, ..CellResult::default() };
        let forecast = Some(Forecast { low: 10.0, high: 20.0 });
        assert_eq!(found(&[1.0, 15.0, 99.0], forecast).within(), Some(true));
        assert_eq!(found(&[1.0, 2.0, 15.0], forecast).within(), Some(false));
        assert_eq!(found(&[], forecast).within(), None);
        assert_eq!(found(&[15.0], None).within(), None);
    }
}
