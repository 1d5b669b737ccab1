//! Listing the files below a directory, and making a tree of small files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use lab::lang::Text;
use lab::{Error, Result, text};
use walkdir::WalkDir;

const IN_A_FOLDER: usize = 100;
/// The largest file of a made tree is one byte smaller.
const SHORTER: usize = 4096;

/// Every regular file under a directory, sorted by path, and one message for each error.
///
/// A followed link that leads to a folder above itself is a loop and an error. Caches (CACHEDIR.TAG, as cargo marks `target`) and `.git`
/// are skipped.
pub fn list(root: &Path, follow: bool) -> (Vec<PathBuf>, Vec<Text>) {
    let (mut paths, mut wrong) = (Vec::new(), Vec::new());
    let walk = WalkDir::new(root).follow_links(follow).into_iter().filter_entry(|e| {
        let skipped = e.file_type().is_dir() && (e.file_name() == ".git" || e.path().join("CACHEDIR.TAG").exists());
        e.depth() == 0 || !skipped
    });
    for entry in walk {
        match entry {
            Ok(entry) if entry.file_type().is_file() => paths.push(entry.into_path()),
            Ok(_) => {}
            Err(e) => wrong.push(problem(&e)),
        }
    }
    paths.sort();
    (paths, wrong)
}

fn problem(e: &walkdir::Error) -> Text {
    let path = e.path().unwrap_or(Path::new("?")).display();
    if let Some(ancestor) = e.loop_ancestor() {
        let ancestor = ancestor.display();
        return text!(
            "{path}: 상위 폴더({ancestor})를 가리키는 링크라서 따라가지 않았습니다.",
            "{path}: the link leads back to {ancestor}; not followed."
        );
    }
    let why = e.io_error().map_or_else(|| e.to_string(), ToString::to_string);
    text!("{path}: 열 수 없었습니다: {why}", "{path}: could not be opened: {why}")
}

/// The real path of a directory that can be read.
pub fn open(root: &Path) -> Result<PathBuf> {
    let real = root.canonicalize().and_then(|real| fs::read_dir(&real).map(|_| real));
    real.map_err(|e| {
        let root = root.display();
        Error::usage(text!(
            "{root}: 읽을 수 있는 폴더를 주십시오: {e}",
            "{root}: give a directory that can be read: {e}"
        ))
    })
}

/// Makes a tree of small files in a directory that is new or empty. The same every time; it is not removed.
pub fn make(root: &Path, files: usize) -> Result<()> {
    let name = root.display();
    let failed = |e: io::Error| Error::failed(text!("{name}: 만들 수 없습니다: {e}", "{name}: cannot be made: {e}"));
    fs::create_dir_all(root).map_err(failed)?;
    if fs::read_dir(root).map_err(failed)?.next().is_some() {
        return Err(Error::usage(text!(
            "--make {name}: 비어 있지 않습니다. 새 폴더나 빈 폴더를 주십시오.",
            "--make {name}: not empty. Give a new or an empty directory."
        )));
    }
    for n in 0..files {
        let folder = root.join(format!("{:04}", n / IN_A_FOLDER));
        if n % IN_A_FOLDER == 0 {
            fs::create_dir(&folder).map_err(failed)?;
        }
        // Sizes that look random but are always the same (Knuth's multiplicative hash).
        let size = n.wrapping_mul(2_654_435_761) % SHORTER;
        fs::write(folder.join(format!("{n:07}")), vec![n as u8; size]).map_err(failed)?;
    }
    super::cache::write_back(root);
    Ok(())
}
