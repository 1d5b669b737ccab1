//! Files that readers asked for: whole or not at all.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::text;

/// Whether a file can be written at this path; asked before an experiment, not after it. Leaves nothing behind.
pub fn can_be_written(path: &Path) -> Result<()> {
    if path.is_dir() || path.file_name().is_none() {
        let path = path.display();
        return Err(Error::usage(text!("'{path}': 파일 이름을 주십시오.", "'{path}': give the name of a file.")));
    }
    let part = part(path);
    fs::OpenOptions::new().create(true).append(true).open(&part).map_err(|e| refuse(path, &e))?;
    if part != path {
        let _ = fs::remove_file(&part);
    }
    Ok(())
}

/// Writes a whole file, or leaves what was there.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let part = part(path);
    let written = fs::write(&part, bytes).and_then(|()| if part == path { Ok(()) } else { fs::rename(&part, path) });
    written.map_err(|e| {
        if part != path {
            let _ = fs::remove_file(&part);
        }
        refuse(path, &e)
    })
}

/// The name under which a file is written until it is whole. A device or a pipe is written to as it is.
fn part(path: &Path) -> PathBuf {
    if path.exists() && !path.is_file() {
        return path.to_owned();
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    path.with_file_name(name)
}

fn refuse(path: &Path, e: &std::io::Error) -> Error {
    let path = path.display();
    Error::failed(text!("{path}: 쓸 수 없습니다: {e}", "{path}: cannot be written: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_whole_or_not_there() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("trace.json");
        can_be_written(&path).unwrap();
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "asking leaves nothing behind");
        write(&path, b"{}").unwrap();
        write(&path, b"[]").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"[]");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "no part is left over");
    }

    #[test]
    fn what_cannot_be_written_is_said_before() {
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
