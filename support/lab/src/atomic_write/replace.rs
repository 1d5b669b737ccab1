//! Replaces a file atomically: it has its old or its new content, even if the writer is killed.

use std::io;
use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
use super::nameless;
use super::temporary;

/// Writes a file. The old file stays until the new one is complete.
///
/// On Linux the new file has no name until it is complete, and the kernel removes it if this process dies. Elsewhere, and on file
/// systems without such files, it is first written under a temporary name; a killed process leaves that file behind.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    match nameless::write(path, bytes) {
        Err(e) if nameless::is_unsupported(&e) => {}
        done => return done,
    }
    through_temporary_file(path, bytes)
}

fn through_temporary_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = temporary::name(path);
    let written = std::fs::write(&part, bytes).and_then(|()| std::fs::rename(&part, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    written
}

/// Writes all files under temporary names, and renames them when the last is complete. A full disk stops it before the first rename.
pub(super) fn replace_together(files: &[(PathBuf, Vec<u8>)]) -> Result<(), (PathBuf, io::Error)> {
    let parts: Vec<PathBuf> = files.iter().map(|(path, _)| temporary::name(path)).collect();
    let write = || {
        for ((path, bytes), part) in files.iter().zip(&parts) {
            std::fs::write(part, bytes).map_err(|e| (path.clone(), e))?;
        }
        for ((path, _), part) in files.iter().zip(&parts) {
            std::fs::rename(part, path).map_err(|e| (path.clone(), e))?;
        }
        Ok(())
    };
    let written = write();
    if written.is_err() {
        parts.iter().for_each(|part| _ = std::fs::remove_file(part));
    }
    written
}

/// Tries to create a file in the folder, and removes it again.
pub(super) fn can_replace(path: &Path) -> io::Result<()> {
    let part = temporary::name(path);
    std::fs::write(&part, b"")?;
    std::fs::remove_file(&part)
}

#[cfg(test)]
mod tests {
    use super::replace as write;
    use super::*;
    use std::fs;

    type Write = fn(&Path, &[u8]) -> io::Result<()>;

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        for write in [write as Write, through_temporary_file] {
            let home = tempfile::tempdir().unwrap();
            let path = home.path().join(format!("{}.jpg", "긴".repeat(83)));
            for bytes in [&b"first"[..], b"", b"second"] {
                write(&path, bytes).unwrap();
                assert_eq!(fs::read(&path).unwrap(), bytes);
                assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
            }
        }
    }

    #[test]
    fn a_failed_write_leaves_nothing() {
        for write in [write as Write, through_temporary_file] {
            let home = tempfile::tempdir().unwrap();
            assert!(write(&home.path().join("no/such/folder"), b"x").is_err());
            fs::create_dir(home.path().join("taken")).unwrap();
            assert!(write(&home.path().join("taken"), b"x").is_err(), "a folder is not replaced");
            assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn files_that_belong_together_are_all_written_or_none() {
        let home = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| (home.path().join(name), bytes.to_vec());
        replace_together(&[file("a", b"1"), file("b", b"1")]).unwrap();
        let failed = replace_together(&[file("a", b"2"), file("no/such/folder", b"2")]).unwrap_err();
        assert!(failed.0.ends_with("no/such/folder"), "the file that failed is named");
        assert_eq!(fs::read(home.path().join("a")).unwrap(), b"1", "the known-wrong writer replaces one after another");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 2);
        replace_together(&[file("a", b"3"), file("b", b"3")]).unwrap();
        assert_eq!(fs::read(home.path().join("b")).unwrap(), b"3");
    }

    /// Whether a reader that polls the folder sees an incomplete file while one is written.
    fn incomplete_file_is_seen(write: Write) -> bool {
        let home = tempfile::tempdir().unwrap();
        let (path, bytes) = (home.path().join("a.jpg"), vec![7; 64 << 20]);
        let sizes = || {
            let entries = fs::read_dir(home.path()).unwrap().flatten();
            entries.filter_map(|entry| Some(entry.metadata().ok()?.len())).collect::<Vec<_>>()
        };
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| write(&path, &bytes).unwrap());
            let mut seen = false;
            while !writer.is_finished() {
                seen |= sizes().iter().any(|size| *size < bytes.len() as u64);
            }
            seen
        })
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_incomplete_file_is_never_seen_under_any_name() {
        let home = tempfile::tempdir().unwrap();
        if nameless::write(&home.path().join("a"), b"").is_err() {
            println!("not measured: this file system does not support files without a name");
            return;
        }
        let write_as_usual: Write = |path, bytes| fs::write(path, bytes);
        for known_wrong in [write_as_usual, through_temporary_file] {
            // On a busy machine the reader may look too late once, but not in all twenty rounds.
            assert!((0..20).any(|_| incomplete_file_is_seen(known_wrong)), "the known-wrong writer is noticed");
        }
        assert!((0..3).all(|_| !incomplete_file_is_seen(write)));
    }
}
