//! An input file: text of limited length, a scenario or what `calibrate --out` wrote.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use lab::{Error, Result, text};

/// The largest file, in bytes. A device such as `/dev/zero` has no end.
const MOST: u64 = 1 << 20;

/// Reads all of it.
pub(crate) fn read(path: &Path) -> Result<String> {
    let name = path.display();
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MOST + 1).read_to_end(&mut bytes))
        .map_err(|e| Error::usage(text!("{name}: 읽을 수 없습니다: {e}", "{name}: cannot be read: {e}")))?;
    if bytes.len() as u64 > MOST {
        let mib = MOST >> 20;
        return Err(Error::usage(text!("{name}: {mib} MiB보다 큽니다", "{name}: larger than {mib} MiB")));
    }
    String::from_utf8(bytes).map_err(|e| {
        let good = e.utf8_error().valid_up_to();
        let (line, column) = place(&String::from_utf8_lossy(&e.as_bytes()[..good]), good);
        Error::usage(text!("{name}:{line}:{column}: UTF-8이 아닙니다", "{name}:{line}:{column}: this is not UTF-8"))
    })
}

/// Line and column of an offset in bytes, both from 1; the column counts characters.
pub(crate) fn place(words: &str, at: usize) -> (usize, usize) {
    let before = &words[..words.floor_char_boundary(at.min(words.len()))];
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_lines_and_characters() {
        let words = "a\n호위b";
        assert_eq!(place(words, 0), (1, 1));
        assert_eq!(place(words, words.find('b').unwrap()), (2, 3));
        assert_eq!(place(words, 1000), (2, 4), "beyond the end is the end");
    }
}
