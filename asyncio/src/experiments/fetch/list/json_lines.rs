//! Rows in NDJSON: one JSON object per line.

use std::collections::HashMap;
use std::io::BufRead;

use lab::lang::Text;
use lab::text;
use serde_json::value::RawValue;

use super::lines::each_line;
use crate::experiments::fetch::template::Cell;

/// The values are kept as they are written, so that no digit of a number is lost.
pub struct Row<'l>(HashMap<String, &'l RawValue>);

impl Row<'_> {
    pub fn cell(&self, column: &str) -> Option<Cell<'_>> {
        self.0.get(column).map(|value| Cell::Json(value.get()))
    }
}

/// Calls `each` for every row with its line, until it returns `false`.
pub fn read(
    list: impl BufRead,
    longest: usize,
    mut each: impl FnMut(usize, Result<Row<'_>, Text>) -> bool,
) -> Result<(), Text> {
    each_line(list, longest, |line, bytes| each(line, row(bytes)))
}

/// The messages do not show the line, which may contain secrets.
fn row(line: &[u8]) -> Result<Row<'_>, Text> {
    let words = std::str::from_utf8(line).map_err(|_| text!("UTF-8이 아닙니다.", "it is not UTF-8."))?;
    serde_json::from_str(words).map(Row).map_err(|e| {
        let at = e.column();
        text!("{at}번째 바이트에서 JSON 객체로 읽을 수 없습니다.", "it cannot be read as a JSON object: see byte {at}.")
    })
}
