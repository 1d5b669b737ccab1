//! The bytes of the model's file: a copy of our own, or the file itself, mapped, whose pages all processes share.

use std::fs::{self, File};
use std::io;
use std::ops::Deref;
use std::path::Path;

use memmap2::Mmap;

/// How the file is brought into memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Read: every process that does so has a copy of its own.
    Copied,
    /// Mapped: however many processes do so, the system keeps it once, and reads a page when it is first used.
    Mapped,
}

/// The bytes, however they are kept.
#[derive(Debug)]
pub enum Weights {
    /// See [`Kept::Copied`].
    Copied(Vec<u8>),
    /// See [`Kept::Mapped`].
    Mapped(Mmap),
}

impl Weights {
    /// Opens a file.
    pub fn open(path: &Path, kept: Kept) -> io::Result<Weights> {
        match kept {
            Kept::Copied => fs::read(path).map(Weights::Copied),
            Kept::Mapped => map(&File::open(path)?).map(Weights::Mapped),
        }
    }
}

impl Deref for Weights {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Weights::Copied(bytes) => bytes,
            Weights::Mapped(map) => map,
        }
    }
}

/// The one line that the compiler cannot check: that nobody changes a file which is mapped.
#[allow(unsafe_code, reason = "a mapped file can be changed by others; see SAFETY")]
fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: the weights belong to this project, and nothing in it writes to them. Should somebody else do so, any two bytes are
    // still a number to us, and all places in the file were computed before: the translations would be wrong, not the memory. A
    // file that is cut short meanwhile ends the process with SIGBUS, which is what the pool is there for.
    unsafe { Mmap::map(file) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_the_bytes_of_the_file() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("weights");
        fs::write(&path, b"0123456789").unwrap();
        for kept in [Kept::Copied, Kept::Mapped] {
            assert_eq!(&*Weights::open(&path, kept).unwrap(), b"0123456789");
            assert!(Weights::open(&home.path().join("gone"), kept).is_err());
        }
        fs::write(&path, b"").unwrap();
        assert!(Weights::open(&path, Kept::Mapped).unwrap().is_empty(), "an empty file is not refused here");
    }
}
