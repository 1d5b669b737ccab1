//! The bytes of the model's file: a copy, or a mapping of the file, whose pages all processes share.

use std::fs::{self, File};
use std::io;
use std::ops::Deref;
use std::path::Path;

use memmap2::Mmap;

/// How the file is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loading {
    /// Every process that reads the file has a copy of its own.
    Copied,
    /// The system keeps the file in memory once for all processes, and reads a page when it is first used.
    Mapped,
}

/// The bytes of a file that was loaded in one of the two ways.
#[derive(Debug)]
pub enum Weights {
    Copied(Vec<u8>),
    Mapped(Mmap),
}

impl Weights {
    pub fn open(path: &Path, loading: Loading) -> io::Result<Weights> {
        match loading {
            Loading::Copied => fs::read(path).map(Weights::Copied),
            Loading::Mapped => map(&File::open(path)?).map(Weights::Mapped),
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

#[allow(unsafe_code, reason = "a mapped file can be changed by others; see SAFETY")]
fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: nothing in this project writes to the weights. If another program does, the translations are wrong but no memory is
    // unsound: any two bytes are a valid number, and all offsets were checked before. If the file is cut short, the process dies of
    // SIGBUS, which the pool survives.
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
        for loading in [Loading::Copied, Loading::Mapped] {
            assert_eq!(&*Weights::open(&path, loading).unwrap(), b"0123456789");
            assert!(Weights::open(&home.path().join("gone"), loading).is_err());
        }
        fs::write(&path, b"").unwrap();
        assert!(Weights::open(&path, Loading::Mapped).unwrap().is_empty(), "an empty file is not refused here");
    }
}
