//! The sentences to translate: a text file with one sentence a line.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use lab::lang::Text;
use lab::{Error, Result, text};

pub const SHIPPED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/translate/sentences.txt");
/// A larger file would take days and is refused.
const MAX_BYTES: u64 = 16 << 20;

/// The real path of a file. Every mode reads it again, so it must be a regular file.
pub fn real_path(file: &Path) -> Result<PathBuf> {
    let real = file.canonicalize().and_then(|real| real.metadata().map(|seen| (real, seen)));
    match real {
        Ok((real, seen)) if seen.is_file() => Ok(real),
        Ok(_) => Err(refuse(file, text!("일반 파일이 아닙니다", "it is not a regular file"))),
        Err(e) => Err(refuse(file, Text::same(e.to_string()))),
    }
}

/// Its lines. Empty ones are kept, so that line n of the translations belongs to line n of the file. An error if all are empty.
pub fn read(file: &Path) -> Result<Vec<String>> {
    let bytes = read_all(file).map_err(|e| refuse(file, Text::same(e.to_string())))?;
    if bytes.len() as u64 > MAX_BYTES {
        let most = MAX_BYTES >> 20;
        return Err(refuse(file, text!("{most} MiB보다 큽니다", "it is larger than {most} MiB")));
    }
    let words = String::from_utf8(bytes).map_err(|_| refuse(file, text!("UTF-8이 아닙니다", "it is not UTF-8")))?;
    let lines = lines(words.trim_start_matches('\u{feff}'));
    match lines.iter().all(String::is_empty) {
        true => Err(refuse(file, text!("문장이 없습니다", "there is no sentence in it"))),
        false => Ok(lines),
    }
}

/// The trimmed lines. A line ends with LF, CR LF, or CR.
fn lines(words: &str) -> Vec<String> {
    let mut lines: Vec<String> =
        words.replace("\r\n", "\n").split(['\n', '\r']).map(|line| line.trim().to_owned()).collect();
    if words.ends_with(['\n', '\r']) {
        lines.pop(); // after the end of the last line
    }
    lines
}

fn read_all(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn refuse(file: &Path, why: Text) -> Error {
    let file = file.display();
    Error::usage(Text {
        ko: format!("FILE {file}: 한 줄에 한 문장인 텍스트 파일을 주십시오: {}", why.ko),
        en: format!("FILE {file}: give a text file, a sentence a line: {}", why.en),
    })
}

/// A path as an argument of a child process. JSON can also hold names that are not UTF-8.
pub fn path_to_json(path: &Path) -> String {
    serde_json::to_string(&path.as_os_str().to_owned()).expect("plain data")
}

pub fn path_from_json(word: &str) -> Result<PathBuf> {
    let path: OsString = serde_json::from_str(word).map_err(|e| refuse(Path::new(word), Text::same(e.to_string())))?;
    Ok(path.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_with_any_of_the_three_and_blank_ones_are_kept() {
        for end in ["\n", "\r\n", "\r"] {
            let file = ["a", "", " b ", "", "c"].join(end);
            for file in [file.clone(), file + end] {
                assert_eq!(lines(&file), ["a", "", "b", "", "c"], "{file:?}");
            }
        }
        assert_eq!(lines("\n\n"), ["", ""]);
    }
}
