//! How predictions and measurements are shown.

use lab::lang::{Lang, Text};
use lab::python::Interpreter;
use lab::report::unit;
use lab::report::{Measure, Report, Table, Unit};
use lab::{machine, stats, text};

use crate::calibrate;

use super::cells::{Cell, Quantity};
use super::order::{Order, ThreadTurns};
use super::results::{CellResult, InterpreterResult};

/// At least so many of the cells are to lie within their forecast.
const ENOUGH: f64 = 0.8;
/// How wide a forecast may be, upper end over lower, where the answer does not come at once.
const WIDEST: f64 = 3.0;

/// Puts everything into the report.
pub(crate) fn fill(report: &mut Report, all: &[InterpreterResult]) {
    report.measures_in_tables = true;
    let mut worst: Vec<f64> = Vec::new();
    for verified in all {
        let python = full_name(verified);
        let (ko, en) = (&python.ko, &python.en);
        if let Some(why) = &verified.why_not {
            let (why_ko, why_en) = (&why.ko, &why.en);
            report.notes.push(text!("{ko}: 측정하지 않음: {why_ko}", "{en}: not measured: {why_en}"));
            continue;
        }
        report.tables.push(Table {
            title: python.clone(),
            head: vec![
                text!("시나리오", "scenario"),
                text!("예측", "predicted"),
                text!("예측 구간(90 %)", "forecast (90 %)"),
                text!("측정", "measured"),
                text!("오차", "error"),
                text!("구간 안", "within"),
            ],
            rows: verified.cells.iter().map(|(cell, found)| row(cell, found)).collect(),
        });
        report.tables.extend(waits(&python, &verified.cells));
        match &verified.order {
            Ok(order) if order.is_empty() => {}
            Ok(order) => report.tables.push(turns(&python, order)),
            Err(Text { ko: why_ko, en: why_en }) => report.notes.push(text!(
                "{ko}: 누구 다음에 누구의 차례인지는 측정하지 않음: {why_ko}.",
                "{en}: whose turn came after whose: not measured: {why_en}."
            )),
        }
        let errors: Vec<f64> = verified.cells.iter().filter_map(|(_, f)| f.error()).map(f64::abs).collect();
        worst.extend(&errors);
        report.measures.extend(samples(&verified.python, &verified.cells));
        report.notes.extend(summary(&python, &errors));
        report.notes.extend(judged(&python, verified));
        report.notes.extend(distances(&python, verified));
        report.notes.extend(calibrate::other_libc(&verified.python, verified.libc.as_ref()));
        let (within, of) = verified.within();
        if of > 0 {
            report.measures.push(Measure::new(
                verified.python.measure_id("within"),
                text!("{ko}: 예측 구간 안에 든 값", "{en}: values within their forecast"),
                Unit::Share,
                vec![within as f64 / of as f64],
            ));
        }
    }
    report.shows = match (stats::median(&worst), stats::range(&worst)) {
        (Some(middle), Some((_, most))) => {
            let (middle, most, n) = (middle * 100.0, most * 100.0, worst.len());
            let (within, of) = all.iter().map(InterpreterResult::within).fold((0, 0), |(a, b), (w, n)| (a + w, b + n));
            text!(
                "GIL을 측정하지 않고 예측한 값 {n}개의 오차는 중앙값 {middle:.0} %, 최대 {most:.0} %입니다. 예측 구간이 있는 값 {of}개 가운데 {within}개가 구간 안에 들었습니다.",
                "Predictions made without measuring a GIL were off by {middle:.0} % (median) and {most:.0} % (largest); values compared: {n}. Of {of} values with a forecast interval {within} lay within it."
            )
        }
        _ => text!("비교할 것이 없습니다.", "There is nothing to compare."),
    };
}

/// "CPython 3.15.0 (glibc 2.43)".
fn full_name(verified: &InterpreterResult) -> Text {
    let python = &verified.python;
    match &verified.libc {
        Some(Text { ko, en }) => text!("{python} ({ko})", "{python} ({en})"),
        None => Text::same(python.to_string()),
    }
}

fn row(cell: &Cell, found: &CellResult) -> Vec<Text> {
    let shown = |samples: &[f64]| {
        stats::median(samples).map_or_else(|| Text::same("—"), |value| Text::same(show(&cell.quantity, value)))
    };
    let error = found.error().map_or_else(|| "—".to_owned(), |e| format!("{:+.0} %", e * 100.0));
    let interval = found.forecast.map_or_else(
        || "—".to_owned(),
        |of| format!("{} – {}", show(&cell.quantity, of.low), show(&cell.quantity, of.high)),
    );
    let within = match found.within() {
        Some(true) => text!("예", "yes"),
        Some(false) => text!("아니요", "no"),
        None => Text::same("—"),
    };
    vec![
        cell.name.clone(),
        shown(&found.predicted),
        Text::same(interval),
        shown(&found.measured),
        Text::same(error),
        within,
    ]
}

/// How many switch intervals the I/O thread waited in each round trip.
fn waits(python: &Text, cells: &[(Cell, CellResult)]) -> Option<Table> {
    let rows: Vec<Vec<Text>> = cells
        .iter()
        .filter_map(|(cell, found)| {
            let common = share(found.predicted_waits.common(&found.measured_waits)?);
            let [predicted, measured] =
                [found.predicted_waits, found.measured_waits].map(|waits| Text::same(waits.to_string()));
            Some(vec![cell.name.clone(), predicted, measured, common])
        })
        .collect();
    let (ko, en) = (&python.ko, &python.en);
    (!rows.is_empty()).then(|| Table {
        title: text!("{ko}: 왕복마다 기다린 전환 간격의 수", "{en}: switch intervals waited in a round trip"),
        head: vec![
            text!("시나리오", "scenario"),
            text!("예측", "predicted"),
            text!("측정", "measured"),
            text!("일치", "in common"),
        ],
        rows,
    })
}

/// Two rows a thread: predicted, and as the interpreter's profiler saw it.
fn turns(python: &Text, order: &[Order]) -> Table {
    let dash = |part: Option<f64>| part.map_or_else(|| Text::same("–"), share);
    let rows = order.iter().flat_map(|one| {
        let names: Vec<&Text> = order.iter().filter(|o| o.cell == one.cell).map(|o| &o.thread).collect();
        let of = |on: Text, turns: &ThreadTurns| {
            let next = |lang| {
                let parts = names.iter().zip(&turns.after).filter(|(_, part)| **part > 0.0);
                parts
                    .map(|(name, part)| format!("{}: {:.0} %", name.get(lang), part * 100.0))
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            vec![
                one.cell.clone(),
                one.thread.clone(),
                on,
                Text::same(turns.holds.to_string()),
                Text::same(turns.waits.to_string()),
                Text { ko: next(Lang::Ko), en: next(Lang::En) },
            ]
        };
        let (predicted, seen) = (&one.predicted, &one.seen);
        let common = vec![
            one.cell.clone(),
            one.thread.clone(),
            text!("일치", "in common"),
            dash(predicted.holds.common(&seen.holds)),
            dash(predicted.waits.common(&seen.waits)),
            dash(predicted.common_order(seen)),
        ];
        [of(text!("예측", "predicted"), predicted), of(text!("측정", "measured"), seen), common]
    });
    let (ko, en) = (&python.ko, &python.en);
    Table {
        title: text!(
            "{ko}: 보유와 대기(전환 간격), 다음 차례",
            "{en}: holds and waits in switch intervals, and who was next"
        ),
        head: vec![
            text!("시나리오", "scenario"),
            text!("스레드", "thread"),
            text!("구분", "which"),
            text!("보유", "held"),
            text!("대기", "waited"),
            text!("다음 차례", "then"),
        ],
        rows: rows.collect(),
    }
}

fn share(part: f64) -> Text {
    Text::same(format!("{:.0} %", part * 100.0))
}

/// How often the measured median lay within its forecast, and whether that is enough; no judgement where others were at work.
fn judged(python: &Text, verified: &InterpreterResult) -> Option<Text> {
    let (within, of) = verified.within();
    let widest = verified.widest();
    if of == 0 {
        return None;
    }
    let (ko, en) = (&python.ko, &python.en);
    if let Some(others) = verified.disturbed() {
        let Text { ko: why_ko, en: why_en } = machine::others_used(others);
        return Some(text!(
            "{ko}: 값 {of}개 가운데 {within}개가 예측 구간 안에 들었습니다. 판정하지 않음: {why_ko}",
            "{en}: {within} of {of} values within their forecast; not judged: {why_en}"
        ));
    }
    let met = within as f64 >= ENOUGH * of as f64 && widest.is_none_or(|widest| widest <= WIDEST);
    let widest = widest.map_or_else(|| "—".to_owned(), |w| unit::value(w, Unit::Times));
    let (enough, most) = (ENOUGH * 100.0, WIDEST);
    let (met_ko, met_en) = if met { ("충족", "met") } else { ("미달", "not met") };
    Some(text!(
        "{ko}: 값 {of}개 가운데 {within}개가 예측 구간 안에 들었고, 곧바로 응답하지 않는 경우 가장 넓은 구간은 상한이 하한의 {widest}입니다. 기준({enough:.0} % 이상, {most:.0}배 이하): {met_ko}.",
        "{en}: {within} of {of} values within their forecast; where the answer does not come at once, the widest reaches from once to {widest}. The bar (at least {enough:.0} %, at most {most:.0}×): {met_en}."
    ))
}

/// How far two cores were from each other while an interpreter was measured; None with one core.
fn distances(python: &Text, verified: &InterpreterResult) -> Option<Text> {
    let all = verified.cells.iter().flat_map(|(_, found)| found.rounds.iter().flatten());
    let all: Vec<f64> = all.flatten().map(|ns| *ns as f64).collect();
    let (ko, en) = (&python.ko, &python.en);
    let (least, most) = stats::range(&all)?;
    let [least, middle, most] = [least, stats::median(&all)?, most].map(unit::duration);
    Some(text!(
        "{ko}: 한 코어가 쓴 값을 다른 코어가 보기까지 {least}–{most}(중앙값 {middle}). 예측 구간은 그 시간이 비슷할 때의 보정값에서 나옵니다.",
        "{en}: what one core wrote another one saw after {least} to {most} (median {middle}). A forecast is made from the calibrations in which that took about as long."
    ))
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
        let forecast: Vec<f64> = found.forecast.iter().flat_map(|forecast| [forecast.low, forecast.high]).collect();
        for (what, samples) in [("predicted", &found.predicted), ("forecast", &forecast), ("measured", &found.measured)]
        {
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

fn summary(python: &Text, errors: &[f64]) -> Option<Text> {
    let (middle, (_, most)) = (stats::median(errors)? * 100.0, stats::range(errors)?);
    let (most, ko, en) = (most * 100.0, &python.ko, &python.en);
    Some(text!(
        "{ko}: 오차의 중앙값 {middle:.0} %, 최대 오차 {most:.0} %.",
        "{en}: median error {middle:.0} %, largest {most:.0} %."
    ))
}
