//! How a sheet is written: for a person, a program, a spreadsheet, Gradescope, GitHub.
//!
//! Names and texts of submissions are somebody else's words: each format escapes them in its own way.

mod csv;
mod github;
mod gradescope;
mod table;

use lab::{Error, Result, text};

use super::sheet::Sheet;

pub use github::{Written, written};
pub use gradescope::results;

/// A value of `--format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Columns for a terminal.
    Table,
    /// Everything, in both languages.
    Json,
    /// One row for a promise of a submission.
    Csv,
    /// Gradescope's results.json, a file for each submission.
    Gradescope,
    /// Annotations, step summary and the result for GitHub Classroom's reporter.
    Github,
}

impl Format {
    /// The words of `--format`.
    pub const NAMES: [(&'static str, Format); 5] = [
        ("table", Format::Table),
        ("json", Format::Json),
        ("csv", Format::Csv),
        ("gradescope", Format::Gradescope),
        ("github", Format::Github),
    ];

    /// Reads a value of `--format`.
    pub fn named(name: &str) -> Result<Format> {
        Format::NAMES.iter().find(|(known, _)| *known == name).map(|(_, format)| *format).ok_or_else(|| {
            let known = Format::NAMES.map(|(name, _)| name).join(", ");
            Error::usage(text!(
                "--format {name}: 알 수 없는 형식입니다. 가능한 값: {known}",
                "--format {name}: no such format; give one of {known}"
            ))
        })
    }
}

/// The sheet as text, for the formats that are one document.
pub fn document(sheet: &Sheet, format: Format) -> Result<String> {
    Ok(match format {
        Format::Table => table::table(sheet),
        Format::Json => {
            let json = serde_json::to_string_pretty(sheet);
            json.map_err(|e| Error::failed(text!("JSON으로 쓸 수 없습니다: {e}", "cannot be written as JSON: {e}")))?
                + "\n"
        }
        Format::Csv => csv::csv(sheet),
        Format::Gradescope => gradescope::document(sheet)?,
        Format::Github => github::commands(sheet),
    })
}

#[cfg(test)]
mod tests;
