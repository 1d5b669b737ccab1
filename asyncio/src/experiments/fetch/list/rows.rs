//! Lists of rows, whose columns fill a template (`--rows`).

use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lab::lang::Text;
use lab::{Error, Result, text};

use super::csv;
use super::json_lines;
use super::listed::{Listed, Unusable};
use crate::experiments::fetch::target::Target;
use crate::experiments::fetch::template::{Cell, Template};

/// Maximum length of a row.
const LONGEST_ROW: usize = 1 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// By the extension of the file.
    Auto,
    Csv,
    Ndjson,
}

impl lab::cli::Choice for Format {
    const WORDS: &'static [(&'static str, Format)] =
        &[("auto", Format::Auto), ("csv", Format::Csv), ("ndjson", Format::Ndjson)];
}

impl Format {
    /// The format of this file; an error if its extension does not tell.
    pub fn of(self, path: &Path) -> Result<Format> {
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        match (self, extension.to_str()) {
            (Format::Auto, Some("csv")) => Ok(Format::Csv),
            (Format::Auto, Some("ndjson" | "jsonl")) => Ok(Format::Ndjson),
            (Format::Auto, _) => {
                let path = path.display();
                Err(Error::usage(text!(
                    "--rows {path}: 확장자가 .csv, .ndjson, .jsonl이 아니면 --rows-format csv나 ndjson을 함께 주십시오.",
                    "--rows {path}: the extension is not .csv, .ndjson or .jsonl. Give --rows-format csv or ndjson too."
                )))
            }
            (format, _) => Ok(format),
        }
    }
}

/// A file of rows and the template that they fill.
#[derive(Clone, Debug)]
pub struct Rows {
    pub path: PathBuf,
    pub format: Format,
    pub template: Arc<Template>,
}

impl Rows {
    /// Calls `each` for the rows, in order, until it returns `false`.
    pub fn read(&self, list: impl BufRead, mut each: impl FnMut(Listed) -> bool) -> Result<(), Text> {
        match self.format {
            Format::Csv => {
                let header = |names: &[String]| self.template.check_columns(|name| names.iter().any(|n| n == name));
                let row = |line, row: Result<csv::Row<'_>, Text>| {
                    each(self.listed(line, row.as_ref().map_err(Text::clone), |row, name| row.cell(name)))
                };
                csv::read(list, LONGEST_ROW, header, row)
            }
            Format::Ndjson | Format::Auto => json_lines::read(list, LONGEST_ROW, |line, row| {
                each(self.listed(line, row.as_ref().map_err(Text::clone), |row, name| row.cell(name)))
            }),
        }
    }

    fn listed<R>(
        &self,
        line: usize,
        row: Result<&R, Text>,
        cell: impl for<'r> Fn(&'r R, &str) -> Option<Cell<'r>>,
    ) -> Listed {
        let filled = row.and_then(|row| self.template.fill(|name| cell(row, name)));
        match filled {
            Ok(filled) => Listed {
                line,
                target: Target::read(&filled.url).map_err(Unusable::Address),
                url: filled.url,
                request: Some(Arc::new(filled.request)),
                checksum: filled.checksum,
            },
            Err(why) => {
                let url = self.template.url().to_owned();
                Listed { line, url, target: Err(Unusable::Row(why)), request: None, checksum: None }
            }
        }
    }
}
