//! How a sheet is written: for a person, a program, a spreadsheet, Gradescope, GitHub.
//!
//! Names and texts of submissions are somebody else's words: each format escapes them in its own way.

mod csv;
mod github;
mod gradescope;
mod table;

use lab::cli::Choice;
use lab::{Error, Result, text};

use super::sheet::Sheet;

pub use github::hand_over;
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

impl Choice for Format {
    const WORDS: &'static [(&'static str, Format)] = &[
        ("table", Format::Table),
        ("json", Format::Json),
        ("csv", Format::Csv),
        ("gradescope", Format::Gradescope),
        ("github", Format::Github),
    ];
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
