//! The files to read, the hashes that each technique must return, and the files that changed meanwhile.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use lab::lang::Text;
use lab::trace::Trace;
use lab::{Result, text};

use super::techniques::{FileHash, digest, read_all, sums};

#[derive(Clone, Debug)]
pub struct Workload {
    pub root: PathBuf,
    pub threads: usize,
    /// How often each technique reads all files.
    pub rounds: usize,
    /// Whether symbolic links are followed.
    pub follow: bool,
}

/// Files that were listed and read once; the techniques are compared with that first reading.
pub struct FileSet {
    pub root: PathBuf,
    pub paths: Vec<PathBuf>,
    pub digest: String,
    /// Size of all files.
    pub bytes: u64,
    sums: Vec<FileHash>,
    /// Files that had changed in a later reading, by their index, with the reason.
    changed: BTreeMap<usize, Text>,
}

impl FileSet {
    /// Reads all files once before any measurement: else the first technique would read from the disk, the others from the cache.
    pub fn read(root: PathBuf, paths: Vec<PathBuf>) -> FileSet {
        let sums = sums(&paths);
        let digest = digest(&root, &paths, &sums);
        let bytes = paths.iter().filter_map(|path| fs::metadata(path).ok()).map(|m| m.len()).sum();
        FileSet { root, paths, digest, bytes, sums, changed: BTreeMap::new() }
    }

    /// Reads all files by one technique, and remembers those whose hash has changed.
    pub fn read_by(&mut self, technique: &str, threads: usize) -> Result<Trace> {
        let (sums, trace) = read_all(technique, &self.paths, threads)?;
        for (n, (now, before)) in sums.iter().zip(&self.sums).enumerate().filter(|(_, (now, before))| now != before) {
            let path = self.paths[n].display();
            let why = match (now, before) {
                (Err(Text { ko, en }), Ok(_)) => text!(
                    "{path}: 처음에는 읽었지만 나중에 읽을 수 없었습니다: {ko}",
                    "{path}: was read at first, and later could not be read: {en}"
                ),
                (Ok(_), Err(_)) => text!(
                    "{path}: 처음에는 읽을 수 없었고 나중에는 읽을 수 있었습니다",
                    "{path}: could not be read at first, and later it could"
                ),
                (Ok(_), Ok(_)) => {
                    text!("{path}: 읽는 동안 내용이 바뀌었습니다", "{path}: its content changed during the run")
                }
                // Unreadable both times: it is reported once.
                (Err(_), Err(_)) => continue,
            };
            self.changed.entry(n).or_insert(why);
        }
        Ok(trace)
    }

    /// Whether every reading so far had the same results; only then may times be compared.
    pub fn same_by_all(&self) -> bool {
        self.changed.is_empty()
    }

    /// Files that could not be read, and those that changed meanwhile; one line each.
    pub fn failures(&self) -> impl Iterator<Item = Text> {
        let unreadable = self.paths.iter().zip(&self.sums).filter_map(|(path, sum)| {
            let (path, Text { ko, en }) = (path.display(), sum.as_ref().err()?);
            Some(text!("{path}: 읽을 수 없었습니다: {ko}", "{path}: could not be read: {en}"))
        });
        unreadable.chain(self.changed.values().cloned())
    }
}
