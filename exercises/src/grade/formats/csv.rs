//! For a spreadsheet: RFC 4180, a row for each promise of each submission, and one for the sum.

use super::super::sheet::{Grade, Sheet};

const HEAD: &str = "submission,lab,with,promise,points,most,seen\r\n";

/// The promise `total` has the sum of the others.
pub fn csv(sheet: &Sheet) -> String {
    let rows = sheet.grades.iter().flat_map(|grade| {
        let marks = grade.marks.iter().map(|mark| {
            let seen = mark.seen.as_ref().map(ToString::to_string).unwrap_or_default();
            row(grade, &mark.promise, mark.points, mark.most, &seen)
        });
        let why = grade.refused.as_ref().map(ToString::to_string).unwrap_or_default();
        marks.chain([row(grade, "total", grade.points(), grade.most(), &why)]).collect::<Vec<_>>()
    });
    HEAD.to_owned() + &rows.collect::<String>()
}

fn row(grade: &Grade, promise: &str, points: u32, most: u32, seen: &str) -> String {
    let words = [&grade.submission, &grade.lab, &grade.with, promise].map(field);
    format!("{},{points},{most},{}\r\n", words.join(","), field(seen))
}

/// Quoted where it must be. A cell that begins like a formula would be computed by the teacher's spreadsheet: the apostrophe
/// makes it text (OWASP, "CSV Injection").
fn field(words: &str) -> String {
    let words = match words.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{words}"),
        _ => words.to_owned(),
    };
    if words.contains([',', '"', '\r', '\n']) { format!("\"{}\"", words.replace('"', "\"\"")) } else { words }
}
