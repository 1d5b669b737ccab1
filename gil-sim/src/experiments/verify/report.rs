//! How predictions and measurements are shown.

use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::unit;
use lab::report::{Measure, Report, Table, Unit};
use lab::{stats, text};

use super::cells::{Cell, Quantity};
use super::results::{CellResult, InterpreterResult};

/// Puts everything into the report.
pub(crate) fn fill(report: &mut Report, all: &[InterpreterResult]) {
    report.measures_in_tables = true;
    let mut worst: Vec<f64> = Vec::new();
    for verified in all {
        let python = verified.python.to_string();
        if let Some(why) = &verified.why_not {
            let (ko, en) = (&why.ko, &why.en);
            report.notes.push(text!("{python}: 측정하지 않음: {ko}", "{python}: not measured: {en}"));
            continue;
        }
        let rows = verified.cells.iter().map(|(cell, found)| {
            let shown = |samples: &[f64]| {
                stats::median(samples).map_or_else(|| Text::same("—"), |value| Text::same(show(&cell.quantity, value)))
            };
            let error = found.error().map_or_else(|| "—".to_owned(), |e| format!("{:+.0} %", e * 100.0));
            vec![cell.name.clone(), shown(&found.predicted), shown(&found.measured), Text::same(error)]
        });
        report.tables.push(Table {
            title: Text::same(python.clone()),
            head: vec![
                text!("시나리오", "scenario"),
                text!("예측", "predicted"),
                text!("측정", "measured"),
                text!("오차", "error"),
            ],
            rows: rows.collect(),
        });
        let errors: Vec<f64> = verified.cells.iter().filter_map(|(_, f)| f.error()).map(f64::abs).collect();
        worst.extend(&errors);
        report.measures.extend(samples(&verified.python, &verified.cells));
        report.notes.extend(summary(&python, &errors));
    }
    report.shows = match (stats::median(&worst), stats::range(&worst)) {
        (Some(middle), Some((_, most))) => {
            let (middle, most, n) = (middle * 100.0, most * 100.0, worst.len());
            text!(
                "GIL을 측정하지 않고 예측한 값 {n}개의 오차는 중앙값 {middle:.0} %, 최대 {most:.0} %입니다.",
                "Predictions made without measuring a GIL were off by {middle:.0} % (median) and {most:.0} % (largest); values compared: {n}."
            )
        }
        _ => text!("비교할 것이 없습니다.", "There is nothing to compare."),
    };
}

fn show(quantity: &Quantity, value: f64) -> String {
    match quantity {
        Quantity::RoundTrip(_) | Quantity::Wall => unit::duration(value),
        Quantity::Ratio(_) => format!("{value:.2}×"),
        Quantity::Switches => format!("{value:.0}"),
    }
}

fn samples(python: &Interpreter, cells: &[(Cell, CellResult)]) -> Vec<Measure> {
    let mut measures = Vec::new();
    for (n, (cell, found)) in cells.iter().enumerate() {
        let unit = match cell.quantity {
            Quantity::RoundTrip(_) | Quantity::Wall => Unit::Ns,
            Quantity::Ratio(_) => Unit::Times,
            Quantity::Switches => Unit::Count,
        };
        for (what, samples) in [("predicted", &found.predicted), ("measured", &found.measured)] {
            if !samples.is_empty() {
                measures.push(Measure::new(
                    python.measure_id(&format!("{n}.{what}")),
                    cell.name.clone(),
                    unit,
                    samples.clone(),
                ));
            }
        }
    }
    measures
}

fn summary(python: &str, errors: &[f64]) -> Option<Text> {
    let (middle, (_, most)) = (stats::median(errors)? * 100.0, stats::range(errors)?);
    let most = most * 100.0;
    Some(text!(
        "{python}: 오차의 중앙값 {middle:.0} %, 최대 오차 {most:.0} %.",
        "{python}: median error {middle:.0} %, largest {most:.0} %."
    ))
}
