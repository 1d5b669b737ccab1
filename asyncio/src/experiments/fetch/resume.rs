//! `--resume`: continues an interrupted run. Calls that have a result in its result file are not made again.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use lab::lang::Text;
use lab::{Error, Result, text};
use serde::Deserialize;

/// The calls that are done. Each takes four bytes of memory.
#[derive(Debug, Default)]
pub struct Done {
    /// The hash of the URL and of the row's checksum, by the number of the call; 0 for a call that is not done.
    hashes: Vec<u32>,
    count: usize,
}

/// The fields of a result that are needed here.
#[derive(Deserialize)]
struct Line {
    call: usize,
    url: String,
    #[serde(default)]
    row_checksum: Option<u32>,
    #[serde(default)]
    bytes: Option<u64>,
}

/// A call with a larger number cannot come from this program.
const MOST_CALLS: usize = 100_000_000;

impl Done {
    pub fn count(&self) -> usize {
        self.count
    }

    pub fn has(&self, call: usize, url: &str, checksum: Option<u32>) -> bool {
        self.hashes.get(call) == Some(&hash(url, checksum))
    }

    /// False if this call was done with another URL or row; then the file belongs to another list.
    pub fn agrees(&self, call: usize, url: &str, checksum: Option<u32>) -> bool {
        self.hashes.get(call).is_none_or(|known| *known == 0 || *known == hash(url, checksum))
    }

    fn add(&mut self, line: &Line) {
        if self.hashes.len() <= line.call {
            self.hashes.resize(line.call + 1, 0);
        }
        self.hashes[line.call] = hash(&line.url, line.row_checksum);
        self.count += 1;
    }
}

/// A hash that is never 0. If two URLs share a hash, it is not noticed when one replaces the other in the same line of a list.
fn hash(url: &str, checksum: Option<u32>) -> u32 {
    let mut hasher = DefaultHasher::new();
    (url, checksum).hash(&mut hasher);
    hasher.finish() as u32 | 1
}

/// The result file without what must be done again. If this is dropped, the file stays as it was.
#[derive(Debug, Default)]
pub struct Rewritten {
    /// The new file, and the one that it will replace.
    part: Option<(PathBuf, PathBuf)>,
}

impl Rewritten {
    pub fn commit(mut self) -> Result<()> {
        if let Some((part, real)) = &self.part {
            fs::rename(part, real).map_err(|e| refuse(real, &reason(e)))?;
            self.part = None;
        }
        Ok(())
    }
}

impl Drop for Rewritten {
    fn drop(&mut self) {
        if let Some((part, _)) = &self.part {
            let _ = fs::remove_file(part);
        }
    }
}

/// Reads the results of an interrupted run, and writes them again without what must be done again: failures, and an incomplete last
/// line. A missing file counts as empty.
pub fn prepare(path: &Path) -> Result<(Done, Rewritten)> {
    let file = match File::open(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Default::default()),
        file => file.map_err(|e| refuse(path, &reason(e)))?,
    };
    // The new file replaces the old one only when it is complete, so that nothing is lost if the program is killed in between.
    let real = path.canonicalize().map_err(|e| refuse(path, &reason(e)))?;
    let mut name = real.file_name().unwrap_or_default().to_owned();
    name.push(".resume");
    let part = real.with_file_name(name);
    let rewritten = Rewritten { part: Some((part.clone(), real)) };
    let done = keep(BufReader::new(file), &part).map_err(|why| refuse(path, &why))?;
    Ok((done, rewritten))
}

fn keep(mut from: impl BufRead, to: &Path) -> Result<Done, Text> {
    let (mut done, mut line, mut number) = (Done::default(), Vec::new(), 0);
    let mut to = BufWriter::new(File::create(to).map_err(reason)?);
    while from.read_until(b'\n', &mut line).map_err(reason)? > 0 {
        number += 1;
        let is_incomplete = !line.ends_with(b"\n");
        match serde_json::from_slice::<Line>(&line) {
            Ok(known) if known.call > MOST_CALLS => return Err(not_a_result(number)),
            Ok(known)
                if known.bytes.is_some() && !is_incomplete && !done.has(known.call, &known.url, known.row_checksum) =>
            {
                done.add(&known);
                to.write_all(&line).map_err(reason)?;
            }
            Ok(_) => {}
            Err(_) if is_incomplete => {}
            // Not a result file: it is left unchanged.
            Err(_) => return Err(not_a_result(number)),
        }
        line.clear();
    }
    let written = to.into_inner().map_err(io::IntoInnerError::into_error).and_then(|file| file.sync_all());
    written.map_err(reason)?;
    Ok(done)
}

fn not_a_result(line: usize) -> Text {
    text!("{line}번째 줄이 이 프로그램의 결과가 아닙니다", "line {line} is not a result of this program")
}

fn reason(e: io::Error) -> Text {
    Text::same(e.to_string())
}

fn refuse(path: &Path, why: &Text) -> Error {
    let (path, ko, en) = (path.display(), &why.ko, &why.en);
    Error::usage(text!("--resume {path}: 이어서 실행할 수 없습니다: {ko}", "--resume {path}: cannot be resumed: {en}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_kept_and_the_rest_is_done_again() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("results");
        assert_eq!(prepare(&path).unwrap().0.count(), 0);
        let good = [
            r#"{"call":0,"url":"http://a/","attempts":1,"ms":1.0,"status":200,"bytes":3}"#,
            r#"{"call":7,"url":"http://b/","row_checksum":5,"attempts":1,"ms":1.0,"status":200,"bytes":0}"#,
        ];
        let failed = r#"{"call":1,"url":"http://a/","attempts":1,"ms":1.0,"error":"status","status":500}"#;
        let half = r#"{"call":2,"url":"http://a/","bytes":3"#;
        let all = [good[0], failed, good[1], good[1], half].join("\n");
        fs::write(&path, &all).unwrap();
        drop(prepare(&path).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), all, "only `commit` changes the file");
        let (done, rewritten) = prepare(&path).unwrap();
        rewritten.commit().unwrap();
        assert_eq!(done.count(), 2);
        assert!(done.has(0, "http://a/", None) && done.has(7, "http://b/", Some(5)) && !done.has(1, "http://a/", None));
        assert!(done.agrees(1, "http://x/", None) && done.agrees(100, "x", None) && !done.agrees(0, "http://x/", None));
        assert!(!done.agrees(7, "http://b/", Some(6)) && !done.agrees(7, "http://b/", None));
        assert_eq!(fs::read_to_string(&path).unwrap(), good.join("\n") + "\n");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_no_result_file_is_left_unchanged() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("letter");
        fs::write(&path, "Dear reader,\n").unwrap();
        let error = prepare(&path).unwrap_err();
        assert_eq!(error.code(), 2);
        let Text { ko, en } = error.text();
        assert!(ko.ends_with("1번째 줄이 이 프로그램의 결과가 아닙니다"), "{ko}");
        assert!(en.ends_with("line 1 is not a result of this program"), "{en}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "Dear reader,\n");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }
}
