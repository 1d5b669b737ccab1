//! Tables and measurements as grids, or as lines where the terminal is too narrow.

use comfy_table::{CellAlignment, ContentArrangement, Table as Grid, presets};
use unicode_width::UnicodeWidthStr;

use crate::lang::Text;
use crate::render::layout::{Canvas, shown, wrap};
use crate::report::unit::value;
use crate::report::{Measure, Table};
use crate::stats;
use crate::text;

/// Rows under heads as a grid. Where the terminal is too narrow for so many columns, each row becomes lines of its own.
fn columns(head: &[String], rows: &[Vec<String>], numbers: bool, canvas: Canvas) -> String {
    const LEAST_COLUMN: usize = 9;
    let mut grid = grid(canvas);
    grid.set_header(head);
    grid.add_rows(rows);
    if numbers {
        for column in 1..head.len() {
            if let Some(column) = grid.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
    }
    let drawn = format!("{grid}\n");
    let squeezed = canvas.width < 60 && canvas.width < LEAST_COLUMN * head.len();
    if !squeezed && drawn.lines().all(|line| line.width() <= canvas.width) {
        return drawn;
    }
    let mut out = String::new();
    for row in rows {
        for (n, (head, cell)) in head.iter().zip(row).enumerate() {
            let indent = if n == 0 { "" } else { "  " };
            out.push_str(&wrap(indent, &format!("{head}: {cell}"), canvas.width));
        }
    }
    out
}

fn grid(canvas: Canvas) -> Grid {
    let mut grid = Grid::new();
    grid.load_style(presets::UTF8_FULL_CONDENSED);
    grid.set_content_arrangement(ContentArrangement::Dynamic);
    grid.set_width(u16::try_from(canvas.width).unwrap_or(u16::MAX));
    grid
}

pub(super) fn measures(measures: &[Measure], canvas: Canvas) -> String {
    let lang = canvas.lang;
    let head = [
        text!("측정", "measured"),
        text!("중앙값", "median"),
        text!("최소 – 최대", "min – max"),
        text!("횟수", "runs"),
    ];
    let mut rows = Vec::new();
    for m in measures {
        let (least, most) = stats::range(&m.samples).unwrap_or((f64::NAN, f64::NAN));
        let spread = if m.samples.len() > 1 {
            format!("{} – {}", value(least, m.unit), value(most, m.unit))
        } else {
            "–".into()
        };
        rows.push(vec![shown(&m.name, lang), value(m.median(), m.unit), spread, m.samples.len().to_string()]);
    }
    columns(&head.map(|t| t.get(lang).to_owned()), &rows, true, canvas)
}

pub(super) fn table(table: &Table, canvas: Canvas) -> String {
    let lang = canvas.lang;
    let cells = |row: &Vec<Text>| row.iter().map(|t| shown(t, lang)).collect::<Vec<_>>();
    let rows: Vec<Vec<String>> = table.rows.iter().map(cells).collect();
    let title = wrap("", &shown(&table.title, lang), canvas.width);
    format!("{title}{}", columns(&cells(&table.head), &rows, false, canvas))
}
