//! The first screen: the most important of a report, on the smallest usual terminal.

use super::table::{measures, table};
use super::words::{said, verdicts_together};
use crate::lang::Lang;
use crate::render::layout::{Canvas, wrap};
use crate::render::{chart, lanes};
use crate::report::{Front, Report, Table};
use crate::text;
use crate::trace::Trace;
use lanes::Foot;

/// A first screen has at most so many lines: those of the smallest usual terminal.
pub(super) const FIRST_SCREEN: usize = 24;
/// A drawing of the first screen has at least so many lanes before the second drawing is left out.
const LEAST_LANES: usize = 2;

/// The first screen: the sentence, the verdicts, one pair of drawings or one table, and what `--full` would add. At most
/// 24 lines at 80 columns, unless the words alone take more, or the experiment chose a table: that is its result,
/// and is never cut.
pub fn brief(report: &Report, canvas: Canvas) -> String {
    const FAILURES: usize = 3;
    let in_words = report.front_verdicts.unwrap_or(report.verdicts.len());
    let mut parts = said(report, FAILURES, canvas, verdicts_together, &report.verdicts[..in_words]);
    let front = report.first_screen();
    let more = more(report, &front, canvas);
    let taken = |parts: &[String]| 1 + parts.iter().map(|part| 1 + part.lines().count()).sum::<usize>();
    let room = FIRST_SCREEN.saturating_sub(taken(&parts) + more.lines().count());
    // Where the second drawing found no room, it is among what --full adds.
    let (drawn, shown) = drawings(report, &front, room, canvas);
    parts.extend(drawn);
    parts.push(self::more(report, &shown, canvas));
    parts.retain(|part| !part.is_empty());
    format!("\n{}", parts.join("\n"))
}

/// As much of the front as fits into so many lines, one drawing at least; and what of it that is.
fn drawings(report: &Report, front: &[Front], room: usize, canvas: Canvas) -> (Vec<String>, Vec<Front>) {
    let traces: Vec<&Trace> =
        front.iter().filter_map(|part| if let Front::Trace(n) = part { report.traces.get(*n) } else { None }).collect();
    let lines = |pictures: &[String]| pictures.iter().map(|picture| 1 + picture.lines().count()).sum::<usize>();
    let mut parts = Vec::new();
    if !traces.is_empty() {
        let most = traces.iter().map(|trace| trace.lanes.len()).max().unwrap_or(0).min(lanes::MOST_LANES);
        let tries =
            (1..=traces.len()).rev().flat_map(|count| (LEAST_LANES.min(most)..=most).rev().map(move |n| (count, n)));
        let draw = |(count, n): (usize, usize)| lanes::draw(&traces[..count], n, Foot::Last, canvas);
        let fitting = tries.map(draw).find(|pictures| lines(pictures) <= room);
        parts.extend(fitting.unwrap_or_else(|| draw((1, LEAST_LANES))));
    }
    let is_trace = |part: &&Front| matches!(part, Front::Trace(_));
    let mut shown: Vec<Front> = front.iter().filter(is_trace).take(parts.len()).copied().collect();
    for part in front.iter().filter(|part| !is_trace(part)) {
        let left = room.saturating_sub(lines(&parts));
        let drawn = match *part {
            Front::Trace(_) => None,
            Front::Chart(n) => {
                let drawn = report.charts.get(n).map(|chart| chart::draw_within(chart, left.saturating_sub(1), canvas));
                drawn.filter(|drawn| parts.is_empty() || drawn.lines().count() < left)
            }
            Front::Table(n) if !report.front.is_empty() => report.tables.get(n).map(|t| table(t, canvas)),
            Front::Table(n) => report.tables.get(n).map(|t| first_rows(t, left, canvas)),
            Front::Measures => Some(measures(&report.measures, canvas)),
        };
        shown.extend(drawn.is_some().then_some(*part));
        parts.extend(drawn);
    }
    (parts, shown)
}

/// A table, or as many of its first rows as fit, how many more there are, and the option that shows them.
fn first_rows(all: &Table, room: usize, canvas: Canvas) -> String {
    let whole = table(all, canvas);
    if whole.lines().count() < room {
        return whole;
    }
    let cut = |rows: usize| {
        let some = Table { rows: all.rows[..rows].to_vec(), ..all.clone() };
        let left = all.rows.len() - rows;
        let more = text!("… 외 {left}줄: --full", "… and {left} more rows: --full");
        format!("{}{}", table(&some, canvas), wrap("", more.get(canvas.lang), canvas.width))
    };
    let fits = |rows: &usize| cut(*rows).lines().count() < room;
    cut((1..all.rows.len()).rev().find(fits).unwrap_or(1).min(all.rows.len()))
}

/// What the first screen leaves out, and how to see it.
fn more(report: &Report, front: &[Front], canvas: Canvas) -> String {
    let left = |all: usize, is: fn(&Front) -> bool| all - front.iter().filter(|part| is(part)).count().min(all);
    let drawings = left(report.traces.len(), |part| matches!(part, Front::Trace(_)))
        + left(report.charts.len(), |part| matches!(part, Front::Chart(_)));
    let tables = left(report.tables.len(), |part| matches!(part, Front::Table(_)));
    let measures = if report.measures_in_tables { 0 } else { report.measures.len() };
    let measures = if front.contains(&Front::Measures) { 0 } else { measures };
    let parts = [
        (drawings, text!("그림 {drawings}개", "drawings ({drawings})")),
        (tables, text!("표 {tables}개", "tables ({tables})")),
        (measures, text!("측정값 {measures}개", "measurements ({measures})")),
        (report.notes.len(), text!("설명", "notes")),
        (report.verdicts.len(), text!("판정의 근거", "the evidence of the verdicts")),
    ];
    let named: Vec<&str> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(_, text)| text.get(canvas.lang)).collect();
    let list = named.join(", ");
    match (list.is_empty(), canvas.lang) {
        (true, _) => String::new(),
        (false, Lang::Ko) => wrap("", &format!("더 보기 --full: {list}"), canvas.width),
        (false, Lang::En) => wrap("", &format!("--full adds: {list}"), canvas.width),
    }
}
