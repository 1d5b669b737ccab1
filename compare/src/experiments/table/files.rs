//! The files that the table reads: made before anything is measured, in a folder that goes when the run ends. They were just written,
//! so that the system has them in memory: reading is measured, not the disk.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Files in the folder.
pub const FILES: usize = 64;
/// Length of each.
pub const LENGTH: usize = 256 * 1024;

/// Makes the files. No two are the same.
pub fn make(folder: &Path) -> io::Result<()> {
    for n in 0..FILES {
        let content: Vec<u8> = (0..LENGTH).map(|i| (i.wrapping_mul(2 * n + 31) >> 3) as u8).collect();
        fs::write(path(folder, n), content)?;
    }
    Ok(())
}

pub fn path(folder: &Path, n: usize) -> PathBuf {
    folder.join(format!("{n}.bin"))
}

/// The files of unit `i` of `units`.
pub fn of_unit(i: usize, units: usize) -> impl Iterator<Item = usize> {
    (i..FILES).step_by(units)
}

/// Reads the files of a unit so many times, each read inside `wait`, and hashes what it read.
pub fn read(
    folder: &Path,
    (i, units): (usize, usize),
    reads: usize,
    mut wait: impl FnMut(&mut dyn FnMut() -> io::Result<()>) -> io::Result<()>,
) -> io::Result<u64> {
    let mut hash = DefaultHasher::new();
    let mut content = Vec::with_capacity(LENGTH);
    for _ in 0..reads {
        for n in of_unit(i, units) {
            wait(&mut || {
                content.clear();
                File::open(path(folder, n))?.read_to_end(&mut content).map(|_| ())
            })?;
            // Some of it: all of it would be computing, and this is about reading.
            content.iter().step_by(4093).for_each(|byte| hash.write_u8(*byte));
            hash.write_usize(content.len());
        }
    }
    Ok(hash.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_read_by_one_unit_and_a_changed_one_is_noticed() {
        let home = tempfile::tempdir().unwrap();
        make(home.path()).unwrap();
        let mut all: Vec<usize> = (0..3).flat_map(|i| of_unit(i, 3)).collect();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..FILES));
        let sum = || read(home.path(), (0, 3), 1, |block| block()).unwrap();
        let before = sum();
        assert_eq!(before, sum());
        fs::write(path(home.path(), 3), [0; LENGTH]).unwrap();
        assert_ne!(before, sum());
    }
}
