//! Rows in CSV (RFC 4180). The first record is the header, with the names of the columns.

use std::io::BufRead;

use csv_core::{ReadRecordResult, Reader};
use lab::lang::Text;
use lab::text;

use crate::experiments::fetch::template::Cell;

/// Maximum number of columns.
const MOST_COLUMNS: usize = 10_000;

pub struct Row<'r> {
    names: &'r [String],
    cells: Vec<&'r str>,
}

impl Row<'_> {
    pub fn cell(&self, column: &str) -> Option<Cell<'_>> {
        let n = self.names.iter().position(|name| name == column)?;
        self.cells.get(n).map(|cell| Cell::Text(cell))
    }
}

/// Calls `header` with the names of the columns, and `each` for every row with the line on which it begins, until it returns `false`.
pub fn read(
    list: impl BufRead,
    longest: usize,
    header: impl FnOnce(&[String]) -> Result<(), Text>,
    mut each: impl FnMut(usize, Result<Row<'_>, Text>) -> bool,
) -> Result<(), Text> {
    let mut records =
        Records { list, longest, reader: Reader::new(), line: 1, bytes: vec![0; 4096], ends: vec![0; 64] };
    let Some((line, record)) = records.next()? else {
        return Err(text!(
            "열 이름이 있는 첫 줄이 없습니다.",
            "there is no header line with the names of the columns."
        ));
    };
    let names: Vec<String> = words(record)
        .ok_or_else(|| text!("{line}번째 줄: UTF-8이 아닙니다.", "line {line}: it is not UTF-8."))?
        .into_iter()
        .map(str::to_owned)
        .collect();
    if let Some(twice) = names.iter().enumerate().find_map(|(n, name)| names[..n].contains(name).then_some(name)) {
        return Err(text!(
            "{line}번째 줄: '{twice}' 열이 두 번 있습니다.",
            "line {line}: the column '{twice}' is there twice."
        ));
    }
    header(&names).map_err(|why| {
        let (ko, en) = (why.ko, why.en);
        text!("{line}번째 줄: {ko}", "line {line}: {en}")
    })?;
    while let Some((line, record)) = records.next()? {
        let (found, wanted) = (record.len(), names.len());
        let row = match words(record) {
            None => Err(text!("UTF-8이 아닙니다.", "it is not UTF-8.")),
            Some(_) if found != wanted => Err(text!(
                "값이 {found}개인데 첫 줄의 열은 {wanted}개입니다.",
                "it has {found} values, but the header has {wanted} columns."
            )),
            Some(cells) => Ok(Row { names: &names, cells }),
        };
        if !each(line, row) {
            break;
        }
    }
    Ok(())
}

/// The cells as text; `None` if one is not UTF-8.
fn words(record: Vec<&[u8]>) -> Option<Vec<&str>> {
    record.into_iter().map(|cell| std::str::from_utf8(cell).ok()).collect()
}

/// The line on which a record begins, and its cells.
type Record<'r> = (usize, Vec<&'r [u8]>);

struct Records<R> {
    list: R,
    /// Maximum length of a record.
    longest: usize,
    reader: Reader,
    /// The line of the next byte.
    line: usize,
    bytes: Vec<u8>,
    /// The ends of the cells in `bytes`.
    ends: Vec<usize>,
}

impl<R: BufRead> Records<R> {
    /// The next record; `None` at the end of the list.
    fn next(&mut self) -> Result<Option<Record<'_>>, Text> {
        if !self.skip_line_ends()? {
            return Ok(None);
        }
        let (start, mut length, mut cells) = (self.line, 0, 0);
        loop {
            let input = self.list.fill_buf().map_err(|e| Text::same(e.to_string()))?;
            let is_end = input.is_empty();
            // A line end that is not in the file ends the last record, unless a quotation mark is open.
            let input = if is_end { b"\n" } else { input };
            let (result, read, written, ended) =
                self.reader.read_record(input, &mut self.bytes[length..], &mut self.ends[cells..]);
            if !is_end {
                self.line += input[..read].iter().filter(|byte| **byte == b'\n').count();
                self.list.consume(read);
            }
            (length, cells) = (length + written, cells + ended);
            match result {
                ReadRecordResult::Record => break,
                ReadRecordResult::InputEmpty if is_end => {
                    return Err(text!(
                        "{start}번째 줄에서 시작하는 행의 따옴표가 닫히지 않았습니다.",
                        "a quotation mark is not closed in the row that begins on line {start}."
                    ));
                }
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.bytes.len() < self.longest => {
                    self.bytes.resize((2 * self.bytes.len()).min(self.longest), 0);
                }
                ReadRecordResult::OutputEndsFull if self.ends.len() < MOST_COLUMNS => {
                    self.ends.resize((2 * self.ends.len()).min(MOST_COLUMNS), 0);
                }
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    let kib = self.longest / 1024;
                    return Err(text!(
                        "{start}번째 줄에서 시작하는 행이 {kib} KiB 또는 {MOST_COLUMNS}열보다 깁니다. 따옴표가 닫혔는지 확인하십시오.",
                        "the row that begins on line {start} is longer than {kib} KiB or {MOST_COLUMNS} columns. Is a quotation mark not closed?"
                    ));
                }
                ReadRecordResult::End => return Ok(None),
            }
        }
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let cells = starts.zip(&self.ends[..cells]).map(|(start, end)| &self.bytes[start..*end]).collect();
        Ok(Some((start, cells)))
    }

    /// Skips empty lines, so that the line of a record is known; `false` at the end of the list.
    fn skip_line_ends(&mut self) -> Result<bool, Text> {
        loop {
            let input = self.list.fill_buf().map_err(|e| Text::same(e.to_string()))?;
            let ends = input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
            let (n, is_more) = (ends.clone().count(), !input.is_empty());
            self.line += ends.filter(|byte| **byte == b'\n').count();
            if n < input.len() || !is_more {
                self.list.consume(n);
                return Ok(is_more);
            }
            self.list.consume(n);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows as "line:cell|cell", or "line:?" for one that is not usable.
    fn rows(list: &[u8]) -> Result<Vec<String>, String> {
        let mut rows = Vec::new();
        // A small buffer, so that records go over its end.
        let list = std::io::BufReader::with_capacity(3, list);
        let each = |line, row: Result<Row<'_>, Text>| {
            rows.push(format!("{line}:{}", row.map_or_else(|_| "?".into(), |row| row.cells.join("|"))));
            true
        };
        read(list, 10_000, |_| Ok(()), each).map(|()| rows).map_err(|why| why.en)
    }

    #[test]
    fn rows_have_the_line_on_which_they_begin() {
        let list = "a,b\r\n1,2\r\n\r\n\"x\r\ny\",\"say \"\"hi\"\"\"\n,\n가,\"나,다\"";
        assert_eq!(rows(list.as_bytes()).unwrap(), ["2:1|2", "4:x\r\ny|say \"hi\"", "6:|", "7:가|나,다"]);
        assert_eq!(rows(b"\n\na\n\n1\n").unwrap(), ["5:1"]);
        assert_eq!(rows(b"a").unwrap(), [""; 0]);
        let long = format!("a,b\n{},{}\n", "x".repeat(4000), "y".repeat(4000));
        assert_eq!(rows(long.as_bytes()).unwrap()[0].len(), 8003);
    }

    #[test]
    fn a_ragged_row_is_not_usable_and_a_broken_file_is_an_error() {
        assert_eq!(rows(b"a,b\n1\n1,2,3\n1,2\n1,\xff\n").unwrap(), ["2:?", "3:?", "4:1|2", "5:?"]);
        assert!(rows(b"a,b\n1,2\n1,\"2\n3,4\n").unwrap_err().contains("line 3"), "not one row with all the rest");
        assert!(rows(b"").unwrap_err().contains("header"));
        assert!(rows(b"a,b,a\n1,2,3\n").unwrap_err().contains("'a'"));
        assert!(rows(b"\xff\n").unwrap_err().contains("UTF-8"));
        for long in ["x".repeat(20_000), ",".repeat(20_000)] {
            assert!(rows(format!("a\n{long}\n").as_bytes()).unwrap_err().contains("line 2"));
        }
    }
}
