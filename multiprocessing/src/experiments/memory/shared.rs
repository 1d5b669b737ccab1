//! A number in memory that several processes share: a small file that each of them maps.

use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;

use lab::{Error, text};
use memmap2::{MmapOptions, MmapRaw};
use tempfile::NamedTempFile;

/// The number's size in the file.
const SIZE: usize = size_of::<AtomicU64>();

/// The number, as this process maps it.
pub struct SharedVariable {
    // Dropped in this order: some systems do not remove a file that is mapped.
    map: MmapRaw,
    _file: Option<NamedTempFile>,
}

impl SharedVariable {
    /// A new number, 0, in a new file.
    pub fn create() -> io::Result<(SharedVariable, PathBuf)> {
        // Only its owner may open it, and it is removed when it is dropped.
        let file = tempfile::Builder::new().prefix("multiprocessing-memory-").tempfile()?;
        file.as_file().set_len(SIZE as u64)?;
        let path = file.path().to_owned();
        let mapped = map(file.as_file())?;
        Ok((SharedVariable { _file: Some(file), ..mapped }, path))
    }

    /// The number in a file that another process has created.
    pub fn open(path: &Path) -> io::Result<SharedVariable> {
        map(&OpenOptions::new().read(true).write(true).open(path)?)
    }
}

fn map(file: &File) -> io::Result<SharedVariable> {
    // To touch memory behind the end of the file would kill the process.
    if file.metadata()?.len() < SIZE as u64 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(SharedVariable { map: MmapOptions::new().len(SIZE).map_raw(file)?, _file: None })
}

impl Deref for SharedVariable {
    type Target = AtomicU64;

    #[allow(unsafe_code, reason = "memory that another process changes cannot be had from safe code; see SAFETY")]
    fn deref(&self) -> &AtomicU64 {
        // SAFETY: a mapping begins at a page, so the address is aligned. It has `SIZE` bytes, which are initialized, and stays
        // while `self` is borrowed. Only this program knows the file, it is the owner's alone (mode 600), and every process
        // reads and writes it through this function, atomically.
        unsafe { AtomicU64::from_ptr(self.map.as_mut_ptr().cast()) }
    }
}

/// The line for a system that refuses the file or its mapping.
pub fn cannot_be_had(e: io::Error) -> Error {
    Error::failed(text!("공유 메모리를 쓸 수 없습니다: {e}", "shared memory cannot be had: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::sync::atomic::Ordering::SeqCst;

    #[test]
    fn two_mappings_are_one_number_and_the_file_goes_with_its_creator() {
        let (mine, path) = SharedVariable::create().unwrap();
        let theirs = SharedVariable::open(&path).unwrap();
        mine.store(5, SeqCst);
        assert_eq!(theirs.load(SeqCst), 5);
        drop(theirs);
        assert!(path.exists(), "who only opened it leaves it there");
        drop(mine);
        assert!(!path.exists());
        assert!(SharedVariable::open(&path).is_err());
    }

    #[test]
    fn a_file_that_is_too_short_is_refused_and_not_touched() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("short");
        fs::write(&path, b"1234567").unwrap();
        assert!(SharedVariable::open(&path).is_err());
    }
}
