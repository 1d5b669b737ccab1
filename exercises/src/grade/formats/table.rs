//! For a terminal: a row for a submission, a column for a promise.

use lab::escape::escape_controls;
use lab::text;
use unicode_width::UnicodeWidthStr;

use super::super::sheet::{Grade, Sheet};

/// A table for each lab, what was seen under it, and what was not guarded.
pub fn table(sheet: &Sheet) -> String {
    let mut lines = Vec::new();
    for (lab, grades) in sheet.by_lab() {
        lines.push(lab.to_owned());
        lines.extend(grid(&rows(&grades)));
        lines.push(String::new());
        lines.extend(grades.iter().flat_map(|grade| remarks(grade)));
        lines.push(String::new());
    }
    if sheet.missing > 0 {
        let n = sheet.missing;
        lines.push(
            text!(
                "{n}개의 제출물은 아직 채점하지 않았습니다. 같은 명령을 다시 실행하면 이어서 채점합니다.",
                "{n} submissions have not been graded: the same command goes on where it stopped."
            )
            .to_string(),
        );
    }
    lines.extend(sheet.unguarded.iter().map(|line| text!("주의: {line}", "note: {line}").to_string()));
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn rows(grades: &[&Grade]) -> Vec<Vec<String>> {
    let Some(first) = grades.first() else { return Vec::new() };
    let mut head = vec![text!("제출물", "submission").to_string(), text!("실행", "with").to_string()];
    head.extend(first.marks.iter().map(|mark| mark.promise.clone()));
    head.push(text!("점수", "points").to_string());
    let mut rows = vec![head];
    for grade in grades {
        let mut row = vec![escape_controls(&grade.submission), grade.with.clone()];
        row.extend(grade.marks.iter().map(|mark| match mark.points {
            0 => "–".to_owned(),
            points => points.to_string(),
        }));
        row.push(format!("{}/{}", grade.points(), grade.most()));
        rows.push(row);
    }
    rows
}

/// Columns are as wide as their widest cell; Hangul is two wide. All but the first two are aligned to the right.
fn grid(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let cell = |(column, cell): (usize, &String)| {
        let room = " ".repeat(widths[column] - cell.width());
        if column < 2 { format!("{cell}{room}") } else { format!("{room}{cell}") }
    };
    rows.iter().map(|row| row.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ")).collect()
}

/// What was seen, a line each. A text of several lines (a compiler's message, lanes) shows its first.
fn remarks(grade: &Grade) -> Vec<String> {
    let name = escape_controls(&grade.submission);
    let line = |of: &str, what: &str| {
        let first = escape_controls(what.lines().find(|line| !line.trim().is_empty()).unwrap_or(""));
        if of.is_empty() { format!("{name}: {first}") } else { format!("{name}: {of}: {first}") }
    };
    let broken = grade.remarks().map(|(mark, seen)| line(mark.map_or("", |mark| &mark.promise), &seen.to_string()));
    broken.chain(grade.notes.iter().map(|note| line("", &note.to_string()))).collect()
}
