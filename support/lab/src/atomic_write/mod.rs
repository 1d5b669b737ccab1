//! Writes the files that a reader asked for: completely or not at all.

#[cfg(target_os = "linux")]
mod nameless;
mod replace;
mod temporary;

use std::fs;
use std::path::{Path, PathBuf};

pub use replace::replace;

use crate::error::{Error, Result};
use crate::text;

/// Checks that a file can be written at this path, so that an experiment does not run in vain. Leaves nothing behind.
pub fn can_be_written(path: &Path) -> Result<()> {
    if path.is_dir() || path.file_name().is_none() {
        let path = path.display();
        return Err(Error::usage(text!("'{path}': 파일 이름을 주십시오.", "'{path}': give the name of a file.")));
    }
    if is_device(path) {
        return fs::OpenOptions::new().append(true).open(path).map(drop).map_err(|e| refuse(path, &e));
    }
    replace::can_replace(path).map_err(|e| refuse(path, &e))
}

/// Writes the whole file, or leaves the old one unchanged. A device or a pipe is written to directly.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let written = if is_device(path) { fs::write(path, bytes) } else { replace(path, bytes) };
    written.map_err(|e| refuse(path, &e))
}

/// Writes several files that belong together: if one of them cannot be written, all keep their old content.
pub fn write_together(files: &[(PathBuf, Vec<u8>)]) -> Result<()> {
    replace::replace_together(files).map_err(|(path, e)| refuse(&path, &e))
}

fn is_device(path: &Path) -> bool {
    path.exists() && !path.is_file()
}

fn refuse(path: &Path, e: &std::io::Error) -> Error {
    let path = path.display();
    Error::failed(text!("{path}: 쓸 수 없습니다: {e}", "{path}: cannot be written: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_a_long_name_is_written_and_no_other_is_left() {
        let home = tempfile::tempdir().unwrap();
        // 255 bytes, the longest file name that Linux allows.
        let path = home.path().join(format!("{}.json", "n".repeat(250)));
        can_be_written(&path).unwrap();
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "the check leaves nothing behind");
        write(&path, b"{}").unwrap();
        write(&path, b"[]").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"[]");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn an_unwritable_path_is_reported_before_the_run() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(can_be_written(home.path()).unwrap_err().code(), 2);
        assert_eq!(can_be_written(Path::new("")).unwrap_err().code(), 2);
        assert_eq!(can_be_written(&home.path().join("no/such/folder")).unwrap_err().code(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_not_replaced() {
        use std::os::unix::fs::FileTypeExt;
        write(Path::new("/dev/null"), b"x").unwrap();
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }
}
