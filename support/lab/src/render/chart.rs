//! Draws a chart, both axes logarithmic, in the terminal and as SVG.

use std::fmt::Write as _;

use svg::node::element::{Circle, Group, Line, Polyline, Text as SvgText, Title};
use unicode_width::UnicodeWidthStr;

use super::layout::{Canvas, fit, shown, wrap};
use crate::lang::Lang;
use crate::report::Chart;
use crate::report::unit::{self, Unit};

/// One axis: from the logarithm of its least value to that of its greatest.
struct Axis {
    unit: Unit,
    low: f64,
    high: f64,
}

impl Axis {
    fn over(unit: Unit, values: impl Iterator<Item = f64>) -> Axis {
        let (low, high) = values.map(f64::ln).fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(v), b.max(v)));
        // A single value is drawn in the middle.
        if low < high { Axis { unit, low, high } } else { Axis { unit, low: low - 1.0, high: high + 1.0 } }
    }

    /// The position of a value on the axis, 0 to 1.
    fn place(&self, value: f64) -> f64 {
        ((value.ln() - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// The ticks of the axis: powers of ten, or of 32 for bytes. On a short axis, powers of two; and its ends, if there are hardly any.
    fn ticks(&self) -> Vec<f64> {
        const FEW: usize = 3;
        if self.unit == Unit::Bytes {
            return self.powers(32.0);
        }
        let tens = self.powers(10.0);
        if tens.len() >= FEW {
            return tens;
        }
        let mut ticks = self.powers(2.0);
        // Half a thing cannot be counted.
        ticks.retain(|tick| self.unit != Unit::Count || *tick >= 1.0);
        if ticks.len() < 2 && self.unit != Unit::Count {
            let far = |end: &f64| ticks.iter().all(|tick| (self.place(*tick) - self.place(*end)).abs() > 0.2);
            let ends: Vec<f64> = [self.low, self.high].map(f64::exp).into_iter().filter(far).collect();
            ticks.extend(ends);
        }
        ticks
    }

    fn powers(&self, base: f64) -> Vec<f64> {
        // The tolerance keeps a tick at the end of the axis, where the logarithm may be inexact.
        let first = (self.low / base.ln() - 1e-9).ceil() as i32;
        let last = (self.high / base.ln() + 1e-9).floor() as i32;
        (first..=last).map(|power| base.powi(power)).collect()
    }
}

/// Rows of the drawing in a terminal, where there is room for them.
const ROWS: usize = 14;
/// With fewer, curves can no longer be told apart.
const LEAST_ROWS: usize = 8;

fn axes(chart: &Chart) -> Option<(Axis, Axis)> {
    let points = || chart.curves.iter().flat_map(|curve| &curve.points).filter(|(x, y)| *x > 0.0 && *y > 0.0);
    points().next()?;
    Some((Axis::over(chart.x, points().map(|p| p.0)), Axis::over(chart.y, points().map(|p| p.1))))
}

/// For the terminal: a letter for each curve, dots between its points, dashes where it was computed. Every line fits the canvas.
/// Empty without points.
pub fn draw(chart: &Chart, canvas: Canvas) -> String {
    draw_rows(chart, ROWS, canvas)
}

/// Like [`draw`], in so many lines if that is possible: the drawing is lower where they are few.
pub(super) fn draw_within(chart: &Chart, lines: usize, canvas: Canvas) -> String {
    let whole = draw(chart, canvas);
    let over = whole.lines().count().saturating_sub(lines);
    if over == 0 { whole } else { draw_rows(chart, ROWS.saturating_sub(over).max(LEAST_ROWS), canvas) }
}

fn draw_rows(chart: &Chart, rows: usize, canvas: Canvas) -> String {
    let Some((x, y)) = axes(chart) else { return String::new() };
    let labels: Vec<(usize, String)> =
        y.ticks().into_iter().map(|v| (row(&y, v, rows), unit::value(v, chart.y))).collect();
    let margin = labels.iter().map(|(_, label)| label.width()).max().unwrap_or(0).max(6);
    let columns = canvas.width.saturating_sub(margin + 2).max(6);
    let mut out = format!("{}\n", fit(&shown(&chart.title, canvas.lang), canvas.width).trim_end());
    for (n, cells) in cells(chart, &x, &y, (rows, columns)).iter().enumerate() {
        let label = labels.iter().find(|(row, _)| *row == n).map_or("", |(_, label)| label);
        let pad = " ".repeat(margin - label.width());
        let tick = if label.is_empty() { '│' } else { '┤' };
        let _ = writeln!(out, "{pad}{label} {tick}{}", cells.iter().collect::<String>().trim_end());
    }
    let (ticks, numbers) = foot(&x, columns);
    let margin = " ".repeat(margin + 1);
    let _ = writeln!(out, "{margin}└{ticks}\n{margin} {}", numbers.trim_end());
    for line in legend(chart, columns, canvas.lang) {
        let _ = writeln!(out, "{}", fit(&format!("{margin} {line}"), canvas.width).trim_end());
    }
    out
}

/// The names of the curves: as many on a line as fit.
fn legend(chart: &Chart, columns: usize, lang: Lang) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (letter, curve) in ('a'..).zip(&chart.curves) {
        let dash = if curve.computed { "╌" } else { "" };
        let entry = format!("{letter}{dash} {}", shown(&curve.name, lang));
        match lines.last_mut() {
            Some(line) if line.width() + 3 + entry.width() <= columns => {
                line.push_str("   ");
                line.push_str(&entry);
            }
            _ => lines.push(entry),
        }
    }
    lines
}

fn cells(chart: &Chart, x: &Axis, y: &Axis, (rows, columns): (usize, usize)) -> Vec<Vec<char>> {
    let mut cells = vec![vec![' '; columns]; rows];
    let column = |v: f64| (x.place(v) * (columns - 1) as f64).round() as usize;
    // What was measured is drawn over what was computed.
    let (computed, measured): (Vec<_>, Vec<_>) = chart.curves.iter().partition(|curve| curve.computed);
    for curve in computed.into_iter().chain(measured) {
        let line = if curve.computed { '╌' } else { '·' };
        for pair in curve.points.windows(2) {
            let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
            let (from, to) = (column(x0), column(x1));
            (from..to).for_each(|at| {
                let part = (at - from) as f64 / (to - from) as f64;
                let between = (y0.ln() + part * (y1.ln() - y0.ln())).exp();
                cells[row(y, between, rows)][at] = line;
            });
        }
    }
    // Letters replace dots. Where two curves meet, the first keeps the cell, and the second takes the next free one. A computed curve
    // has its letter at its end only: its points are not measurements.
    for (letter, curve) in ('a'..).zip(&chart.curves) {
        let first = if curve.computed { curve.points.len().saturating_sub(1) } else { 0 };
        for &(px, py) in &curve.points[first..] {
            let (line, mut at) = (&mut cells[row(y, py, rows)], column(px));
            while at + 1 < columns && line[at].is_ascii_lowercase() {
                at += 1;
            }
            while at > 0 && line[at].is_ascii_lowercase() {
                at -= 1;
            }
            line[at] = letter;
        }
    }
    cells
}

/// For SVG, at this width: `(group, height)`.
pub(crate) fn picture(chart: &Chart, width: f64, lang: Lang) -> (Group, u64) {
    const HIGH: f64 = 260.0;
    const LEFT: f64 = 80.0;
    const LINE: f64 = 18.0;
    /// The average width of a column in bold type: half a Hangul syllable.
    const COLUMN: f64 = 7.2;
    let mut group = Group::new();
    let mut top = 12.0;
    for line in wrap("", &shown(&chart.title, lang), (width / COLUMN) as usize).lines() {
        group = group.add(words(line, 0.0, top + 2.0).set("font-weight", "bold"));
        top += LINE;
    }
    let Some((x, y)) = axes(chart) else { return (group, top as u64) };
    let across = |v: f64| LEFT + x.place(v) * (width - LEFT - 20.0);
    let down = |v: f64| top + (1.0 - y.place(v)) * HIGH;
    let foot = top + HIGH;
    for v in y.ticks() {
        group = group.add(rule(LEFT, down(v), width - 20.0, down(v)));
        group = group.add(words(&unit::value(v, chart.y), LEFT - 6.0, down(v) + 4.0).set("text-anchor", "end"));
    }
    for v in x.ticks() {
        group = group.add(rule(across(v), top, across(v), foot));
        group = group.add(words(&unit::value(v, chart.x), across(v), foot + 18.0).set("text-anchor", "middle"));
    }
    for (n, curve) in chart.curves.iter().enumerate() {
        let (colour, name) = (COLOURS[n % COLOURS.len()], shown(&curve.name, lang));
        let path: Vec<String> =
            curve.points.iter().map(|&(px, py)| format!("{:.1},{:.1}", across(px), down(py))).collect();
        let line = Polyline::new().set("points", path.join(" ")).set("fill", "none");
        let line = line.set("stroke", colour).set("stroke-width", 2);
        let line = if curve.computed { line.set("stroke-dasharray", DASHES) } else { line };
        group = group.add(line);
        let dots = if curve.computed { &[][..] } else { &curve.points };
        for &(px, py) in dots {
            let label = format!("{name}: {}, {}", unit::value(px, chart.x), unit::value(py, chart.y));
            let dot = Circle::new().set("cx", across(px)).set("cy", down(py)).set("r", 4).set("fill", colour);
            group = group.add(dot.add(Title::new(label)));
        }
        let below = foot + 40.0 + LINE * n as f64;
        if curve.computed {
            let line =
                Line::new().set("x1", LEFT - 14.0).set("y1", below - 4.0).set("x2", LEFT + 6.0).set("y2", below - 4.0);
            group = group.add(line.set("stroke", colour).set("stroke-width", 2).set("stroke-dasharray", DASHES));
        } else {
            group = group.add(Circle::new().set("cx", LEFT).set("cy", below - 4.0).set("r", 5).set("fill", colour));
        }
        group = group.add(words(&name, LEFT + 12.0, below));
    }
    (group, (foot + 50.0) as u64 + 18 * chart.curves.len() as u64)
}

/// Colours that colour-blind readers can tell apart (Okabe and Ito, 2008).
const COLOURS: [&str; 8] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#a6761d", "#999999"];

/// The line of a computed curve.
const DASHES: &str = "6 4";

fn words(words: &str, x: f64, y: f64) -> SvgText {
    SvgText::new(words).set("x", x).set("y", y)
}

fn rule(x1: f64, y1: f64, x2: f64, y2: f64) -> Line {
    Line::new().set("x1", x1).set("y1", y1).set("x2", x2).set("y2", y2).set("class", "rule")
}

/// The row of a value, from the top.
fn row(y: &Axis, value: f64, rows: usize) -> usize {
    ((1.0 - y.place(value)) * (rows - 1) as f64).round() as usize
}

/// The line of ticks under the drawing, and the numbers under it.
fn foot(x: &Axis, columns: usize) -> (String, String) {
    let mut ticks = vec!['─'; columns];
    let mut numbers = String::new();
    for v in x.ticks() {
        let at = (x.place(v) * (columns - 1) as f64).round() as usize;
        ticks[at] = '┴';
        let number = unit::value(v, x.unit);
        let start = at.saturating_sub(number.width() / 2).min(columns.saturating_sub(number.width()));
        let used = numbers.width();
        if number.width() <= columns && (start > used || used == 0) {
            let _ = write!(numbers, "{}{number}", " ".repeat(start - used.min(start)));
        }
    }
    (ticks.into_iter().collect(), numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Curve;
    use crate::text;

    fn chart() -> Chart {
        let curve = |name, factor: f64| Curve::measured(name, [1e3, 1e4, 1e5, 1e6].map(|n| (n, n * factor)).to_vec());
        let curves = vec![curve(text!("스레드", "threads"), 9e3), curve(text!("태스크 <1>", "tasks <1>"), 464.0)];
        Chart { title: text!("메모리", "memory"), x: Unit::Count, y: Unit::Bytes, curves }
    }

    fn canvas(width: usize) -> Canvas {
        Canvas { width, colour: false, lang: Lang::Ko }
    }

    #[test]
    fn every_line_fits() {
        for width in [40, 80, 160] {
            let picture = draw(&chart(), canvas(width));
            assert!(picture.lines().all(|line| line.width() <= width), "{picture}");
        }
    }

    #[test]
    fn larger_values_are_drawn_higher_and_every_point_is_there() {
        let picture = draw(&chart(), canvas(80));
        let drawing: Vec<&str> = picture.lines().filter(|line| line.contains(['│', '┤'])).collect();
        let count = |letter| drawing.iter().map(|line| line.matches(letter).count()).sum::<usize>();
        // The labels of the axis have capitals and an i, but neither of the letters.
        assert_eq!((count('a'), count('b')), (4, 4), "{picture}");
        let top = |letter| drawing.iter().position(|line| line.contains(letter));
        assert!(top('a') < top('b'), "{picture}");
    }

    #[test]
    fn points_that_coincide_are_both_seen() {
        let mut equal = chart();
        equal.curves[1].points = equal.curves[0].points.clone();
        let picture = draw(&equal, canvas(80));
        let count = |letter| picture.lines().take(ROWS + 1).map(|line| line.matches(letter).count()).sum::<usize>();
        assert_eq!((count('a'), count('b')), (4, 4), "{picture}");
    }

    #[test]
    fn no_curve_and_a_single_point_can_be_drawn() {
        let mut small = chart();
        small.curves.truncate(1);
        small.curves[0].points.truncate(1);
        assert!(draw(&small, canvas(80)).contains('a'));
        small.curves.clear();
        assert_eq!(draw(&small, canvas(80)), "");
    }

    #[test]
    fn ticks_are_round_values_on_the_axis() {
        let axis = Axis::over(Unit::Count, [1e3, 1e6].into_iter());
        assert_eq!(axis.ticks().len(), 4);
        let bytes = Axis::over(Unit::Bytes, [1e6, 1e9].into_iter());
        assert_eq!(bytes.ticks(), [1024.0 * 1024.0, 32.0 * 1024.0 * 1024.0]);
        let workers = Axis::over(Unit::Count, [1.0, 8.0].into_iter());
        assert_eq!(workers.ticks(), [1.0, 2.0, 4.0, 8.0], "a short axis has more than one tick");
        let speed = Axis::over(Unit::Times, [1.0, 1.5].into_iter());
        assert_eq!(speed.ticks().iter().map(|v| unit::value(*v, Unit::Times)).collect::<Vec<_>>(), ["1.00×", "1.50×"]);
        assert_eq!(Axis::over(Unit::Count, [1.0].into_iter()).ticks(), [1.0, 2.0], "no half of a thing");
    }

    /// The same curve twice, once measured and once computed.
    fn with_a_limit() -> Chart {
        let mut chart = chart();
        chart.curves[1].computed = true;
        chart
    }

    #[test]
    fn a_computed_curve_is_dashed_and_has_no_points() {
        let page = draw(&with_a_limit(), canvas(80));
        let drawing: String = page.lines().filter(|line| line.contains(['│', '┤'])).collect();
        assert!(drawing.contains('╌') && drawing.matches('b').count() == 1, "{page}");
        assert!(page.contains("b╌ 태스크"), "the legend tells it from what was measured: {page}");
        assert!(!draw(&chart(), canvas(80)).contains('╌'));
        let (group, _) = picture(&with_a_limit(), 900.0, Lang::En);
        let picture = group.to_string();
        assert_eq!(picture.matches("<title>").count(), 4, "dots for one curve only: {picture}");
        assert_eq!(picture.matches("stroke-dasharray").count(), 2, "the curve and its legend: {picture}");
    }

    #[test]
    fn a_low_drawing_has_all_points_and_fewer_lines() {
        let lines = |most| draw_within(&chart(), most, canvas(80)).lines().count();
        let whole = draw(&chart(), canvas(80)).lines().count();
        assert_eq!((lines(99), lines(whole - 3)), (whole, whole - 3));
        assert_eq!(lines(1), whole - ROWS + LEAST_ROWS, "no lower than that");
        assert_eq!(draw_within(&chart(), 1, canvas(80)).matches('a').count(), 5, "four points and the legend");
    }

    #[test]
    fn names_share_a_line_where_they_fit() {
        let page = draw(&chart(), canvas(80));
        assert!(page.lines().any(|line| line.contains("a 스레드   b 태스크")), "{page}");
        let narrow = draw(&chart(), canvas(28));
        assert!(!narrow.lines().any(|line| line.contains("a 스레드   b")), "{narrow}");
    }

    #[test]
    fn the_picture_escapes_names_and_has_a_dot_for_each_point() {
        let (group, _) = picture(&chart(), 900.0, Lang::En);
        let picture = group.to_string();
        assert!(picture.contains("tasks &lt;1&gt;") && !picture.contains("tasks <1>"), "{picture}");
        assert_eq!(picture.matches("<title>").count(), 8, "{picture}");
    }
}
