//! The folder of a report: checked before anything is measured, written when everything is.

use std::fs;
use std::path::{Path, PathBuf};

use lab::lang::Text;
use lab::report::{Unit, unit};
use lab::{Error, Result, atomic_write, machine, text};

const PAGE: &str = "report.html";
const FILES: [&str; 4] = [PAGE, "report.json", "measures.csv", "verdicts.csv"];
/// A report of all experiments takes less than this, in bytes: 17 MB were written (30 November 2026, 2 cores, one CPython).
const ROOM: u64 = 64 << 20;

pub struct Folder {
    path: PathBuf,
    /// It was not there before; an empty one is removed if nothing can be written.
    made: bool,
}

impl Folder {
    /// Checks that the files can be written. Leaves nothing behind but the folder.
    pub fn prepare(path: &Path) -> Result<Folder> {
        let shown = path.display();
        if path.exists() && !path.is_dir() {
            return Err(Error::usage(text!(
                "'{shown}': 폴더가 아닙니다. 폴더를 주십시오.",
                "'{shown}': not a folder. Give a folder."
            )));
        }
        let made = !path.exists();
        if made {
            fs::create_dir_all(path).map_err(|e| {
                Error::failed(text!("{shown}: 폴더를 만들 수 없습니다: {e}", "{shown}: the folder cannot be made: {e}"))
            })?;
        }
        let folder = Folder { path: path.to_owned(), made };
        folder.check(machine::free_disk(path)).inspect_err(|_| folder.remove_if_made())?;
        Ok(folder)
    }

    fn check(&self, free: Option<u64>) -> Result<()> {
        if let Some(free) = free.filter(|free| *free < ROOM) {
            let shown = self.path.display();
            let [free, room] = [free, ROOM].map(|bytes| unit::value(bytes as f64, Unit::Bytes));
            return Err(Error::failed(text!(
                "{shown}: 디스크에 {free}밖에 없습니다. {room} 이상 비워 두십시오.",
                "{shown}: only {free} are free on this disk. Keep {room} free."
            )));
        }
        FILES.iter().try_for_each(|name| atomic_write::can_be_written(&self.path.join(name)))
    }

    /// Writes all files, or none.
    pub fn write(&self, files: Vec<(&str, Vec<u8>)>) -> Result<()> {
        let files: Vec<_> = files.into_iter().map(|(name, bytes)| (self.path.join(name), bytes)).collect();
        atomic_write::write_together(&files).inspect_err(|_| self.remove_if_made())
    }

    pub fn page(&self) -> PathBuf {
        self.path.join(PAGE)
    }

    /// Each file and its size, for readers.
    pub fn sizes(&self) -> Vec<Vec<Text>> {
        let size = |name: &str| fs::metadata(self.path.join(name)).map_or(0, |file| file.len());
        let row = |name: &&str| {
            let path = self.path.join(name).display().to_string();
            vec![Text::same(path), Text::same(unit::value(size(name) as f64, Unit::Bytes))]
        };
        FILES.iter().map(row).collect()
    }

    fn remove_if_made(&self) {
        if self.made {
            // It stays if somebody else has put something into it.
            let _ = fs::remove_dir(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_noticed_before_the_measuring() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder { path: home.path().to_owned(), made: false };
        assert!(folder.check(Some(ROOM)).is_ok() && folder.check(None).is_ok());
        let said = folder.check(Some(ROOM - 1)).unwrap_err();
        assert!(said.code() == 1 && said.text().en.contains("64.0 MiB"), "{said}");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_was_made_in_vain_is_removed() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("new");
        let folder = Folder::prepare(&path).unwrap();
        assert!(folder.write(vec![("report.html", vec![1]), ("no/such/folder", vec![2])]).is_err());
        assert!(!path.exists());
        Folder::prepare(&path).unwrap().write(vec![("report.html", vec![1])]).unwrap();
        assert_eq!(fs::read_dir(&path).unwrap().count(), 1);
    }
}
