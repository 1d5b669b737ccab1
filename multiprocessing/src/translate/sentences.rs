//! The sentences to translate: a text file, a sentence a line.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use lab::lang::Text;
use lab::{Error, Result, text};

/// The sentences that come with the project.
pub const SHIPPED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/translate/sentences.txt");
/// A larger file is refused, in bytes: it would take days.
const MOST: u64 = 16 << 20;

/// The real path of a file. Every mode reads it anew, so it must be one that can be read more than once.
pub fn find(file: &Path) -> Result<PathBuf> {
    let real = file.canonicalize().and_then(|real| real.metadata().map(|seen| (real, seen)));
    match real {
        Ok((real, seen)) if seen.is_file() => Ok(real),
        Ok(_) => Err(refuse(file, text!("보통 파일이 아닙니다", "it is no regular file"))),
        Err(e) => Err(refuse(file, Text::same(e.to_string()))),
    }
}

/// Its sentences; blank lines are none.
pub fn read(file: &Path) -> Result<Vec<String>> {
    let bytes = read_all(file).map_err(|e| refuse(file, Text::same(e.to_string())))?;
    if bytes.len() as u64 > MOST {
        let most = MOST >> 20;
        return Err(refuse(file, text!("{most} MiB보다 큽니다", "it is larger than {most} MiB")));
    }
    let words = String::from_utf8(bytes).map_err(|_| refuse(file, text!("UTF-8이 아닙니다", "it is not UTF-8")))?;
    let words = words.trim_start_matches('\u{feff}');
    let sentences: Vec<String> =
        words.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    match sentences.is_empty() {
        true => Err(refuse(file, text!("문장이 없습니다", "there is no sentence in it"))),
        false => Ok(sentences),
    }
}

fn read_all(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(MOST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn refuse(file: &Path, why: Text) -> Error {
    let file = file.display();
    Error::usage(Text {
        ko: format!("FILE {file}: 한 줄에 한 문장인 텍스트 파일을 주십시오: {}", why.ko),
        en: format!("FILE {file}: give a text file, a sentence a line: {}", why.en),
    })
}

/// A path as an argument of our child: JSON, which can spell names that are not UTF-8 too.
pub fn spell(path: &Path) -> String {
    serde_json::to_string(&path.as_os_str().to_owned()).expect("plain data")
}

/// Reads what [`spell`] wrote.
pub fn unspell(word: &str) -> Result<PathBuf> {
    let path: OsString = serde_json::from_str(word).map_err(|e| refuse(Path::new(word), Text::same(e.to_string())))?;
    Ok(path.into())
}
