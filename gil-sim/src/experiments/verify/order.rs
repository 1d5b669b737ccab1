//! Whose turn came after whose: the simulator against what an interpreter's own profiler saw (CPython 3.15).

use lab::lang::Text;
use lab::python::Interpreter;
use lab::text;

use super::cells::{Cell, Quantity};
use super::forecast::{self, Calibration};
use crate::calibrate::core_to_core;
use crate::run_on_cpython::{self, Transport};
use crate::sampling;
use crate::sim::{self, Setup};
use crate::turns::{Intervals, Turns, sampled};

/// One thread of one setup, predicted and seen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    pub(crate) cell: Text,
    pub(crate) thread: Text,
    pub(crate) predicted: ThreadTurns,
    pub(crate) seen: ThreadTurns,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ThreadTurns {
    /// How long it held the lock, and how long it waited for it, in whole switch intervals.
    pub(crate) holds: Intervals,
    pub(crate) waits: Intervals,
    /// The share of its turns after which each of the threads came next.
    pub(crate) after: Vec<f64>,
}

/// Compares the threads of every setup that is worth it, or says why that cannot be done.
pub(crate) fn compare(
    python: &Interpreter,
    cells: &[Cell],
    calibrations: &[Calibration],
    transport: Transport,
) -> Result<Vec<Order>, Text> {
    sampling::can_judge(python)?;
    let mut all: Vec<Order> = Vec::new();
    let mut done: Vec<&Setup> = Vec::new();
    for cell in cells.iter().filter(|cell| is_worth_it(cell)) {
        if !done.contains(&cell.setup()) {
            done.push(cell.setup());
            let known = forecast::latest(calibrations, core_to_core()).ok_or_else(not_yet)?;
            all.extend(one(python, cell, known, transport)?);
        }
    }
    Ok(all)
}

/// Under the profiler a setup is run once more, so of those shipped only these: computing threads whose switches are counted, and the
/// convoy at the default interval where the answer takes its time.
fn is_worth_it(cell: &Cell) -> bool {
    match cell.quantity {
        Quantity::RoundTrip(_) => cell.setup().interval == 5_000_000 && !cell.answers_at_once(),
        Quantity::Switches => true,
        Quantity::Ratio(_) | Quantity::Wall => false,
    }
}

fn one(python: &Interpreter, cell: &Cell, known: &Calibration, transport: Transport) -> Result<Vec<Order>, Text> {
    let setup = Setup { keep: u64::MAX, ..cell.setup().clone() };
    let seen = run_on_cpython::watch(python, &setup, &known.speed, transport)?;
    let simulated = sim::run(&setup, &known.machine, &known.speed).trace;
    let (predicted, seen) = (Turns::of(&sampled(&simulated, seen.grain)), Turns::of(&seen.trace));
    let names = setup.thread_names().into_iter().enumerate();
    Ok(names.map(|(lane, thread)| order(cell, thread, lane, [&predicted, &seen])).collect())
}

fn order(cell: &Cell, thread: Text, lane: usize, of: [&Turns; 2]) -> Order {
    let interval = cell.setup().interval as f64;
    let [predicted, seen] = of.map(|turns| {
        let after = turns.after(lane);
        let all = after.iter().sum::<usize>().max(1) as f64;
        ThreadTurns {
            holds: Intervals::of(&turns.holds(lane), 0.0, interval),
            waits: Intervals::of(&turns.waits[lane], 0.0, interval),
            after: after.into_iter().map(|n| n as f64 / all).collect(),
        }
    });
    Order { cell: cell.name.clone(), thread, predicted, seen }
}

impl ThreadTurns {
    /// The part that two orders of threads have in common, 0 to 1; None where one of them has no next turn.
    pub(crate) fn common_order(&self, other: &ThreadTurns) -> Option<f64> {
        let known = |after: &[f64]| after.iter().sum::<f64>() > 0.0;
        (known(&self.after) && known(&other.after))
            .then(|| self.after.iter().zip(&other.after).map(|(mine, its)| mine.min(*its)).sum())
    }
}

/// Why nothing is compared before a first round.
pub(crate) fn not_yet() -> Text {
    text!("실행하지 않았습니다", "it was not run")
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab::trace::{Lane, Span, State, Trace};

    /// Two traces of the same means: one alternates, in the other each thread has its turns one after another.
    #[test]
    fn the_same_mean_in_another_order_is_not_the_same() {
        let python =
            Interpreter { path: "p".into(), implementation: "CPython".into(), version: [3, 15, 0], gil: Some(true) };
        let cells = super::super::cells::shipped(&python, false).unwrap();
        let cell = cells.iter().find(|cell| cell.quantity == Quantity::Switches).unwrap();
        let trace = |order: &[usize]| {
            let mut lanes = vec![Lane { name: Text::default(), spans: Vec::new() }; 2];
            for (n, lane) in (0..).zip(order) {
                // A gap: a new turn, even of the same thread.
                lanes[*lane].spans.push(Span {
                    state: State::Running,
                    start: 6_000_000 * n,
                    end: 6_000_000 * n + 5_500_000,
                });
            }
            Turns::of(&Trace::new(Text::default(), lanes))
        };
        let (alternating, in_a_row) = (trace(&[0, 1, 0, 1, 0, 1, 0, 1]), trace(&[0, 0, 0, 0, 1, 1, 1, 1]));
        let compared = order(cell, Text::default(), 0, [&alternating, &in_a_row]);
        assert_eq!(compared.predicted.holds.common(&compared.seen.holds), Some(1.0), "the turns are as long");
        assert_eq!(compared.predicted.common_order(&compared.seen), Some(0.25), "{compared:?}");
        let same = order(cell, Text::default(), 0, [&alternating, &alternating]);
        assert_eq!(same.predicted.common_order(&same.seen), Some(1.0));
    }
}
