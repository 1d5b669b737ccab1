//! The folders to read from and write to: checked before any work is done.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use lab::{Error, Result, text};

/// The real path of the folder to read.
pub fn input(dir: &Path) -> Result<PathBuf> {
    let real = dir.canonicalize().and_then(|real| fs::read_dir(&real).map(|_| real));
    real.map_err(|e| {
        let dir = dir.display();
        Error::usage(text!(
            "DIR {dir}: 읽을 수 있는 폴더를 주십시오: {e}",
            "DIR {dir}: give a folder that can be read: {e}"
        ))
    })
}

/// Folders of these names below `out`, created if needed. None may be inside the folder that is read: the next run would read our
/// results as pictures.
pub fn output(out: &Path, names: &[&str], input: &Path) -> Result<Vec<PathBuf>> {
    let folders: Vec<PathBuf> = names.iter().map(|name| out.join(name)).collect();
    let shown = out.display();
    for folder in &folders {
        if real(folder).map_err(|e| cannot_write(folder, &e))?.starts_with(input) {
            let input = input.display();
            return Err(Error::usage(text!(
                "--out {shown}: 읽을 폴더 {input} 밖의 폴더를 주십시오.",
                "--out {shown}: give a folder outside of {input}, which is read."
            )));
        }
    }
    for folder in &folders {
        fs::create_dir_all(folder).map_err(|e| cannot_write(folder, &e))?;
    }
    Ok(folders)
}

pub fn cannot_write(path: &Path, e: &dyn std::fmt::Display) -> Error {
    let path = path.display();
    Error::failed(text!("{path}: 쓸 수 없습니다: {e}", "{path}: cannot be written: {e}"))
}

/// The real path, without links and `..`, of a folder that need not exist yet.
fn real(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    let there = path.ancestors().find(|ancestor| ancestor.symlink_metadata().is_ok()).unwrap_or(&path);
    let mut real = there.canonicalize()?;
    let rest = path.strip_prefix(there).expect("one of its ancestors");
    for part in rest.components() {
        // A part that does not exist is no link, so `..` is its parent.
        match part {
            Component::ParentDir => drop(real.pop()),
            part => real.push(part),
        }
    }
    Ok(real)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_output_within_the_input_however_it_is_called() {
        let home = tempfile::tempdir().unwrap();
        let inside = home.path().join("in/deep");
        fs::create_dir_all(&inside).unwrap();
        let read = input(&home.path().join("in")).unwrap();
        let mut wrong = vec!["in", "in/deep", "in/new", "new/../in", "in/deep/../new", "new/a/../../in/b"];
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&inside, home.path().join("link")).unwrap();
            wrong.push("link/new");
        }
        for out in wrong {
            assert_eq!(output(&home.path().join(out), &["a"], &read).unwrap_err().code(), 2, "{out}");
        }
        assert!(!home.path().join("new").exists() && !inside.join("new").exists(), "nothing was made");
        for out in ["inn", "out/new", "."] {
            let made = output(&home.path().join(out), &["a", "b"], &read).unwrap();
            assert!(made.len() == 2 && made.iter().all(|folder| folder.is_dir()), "{out}");
        }
        let below = input(&home.path().join("out/new/a")).unwrap();
        assert_eq!(output(&home.path().join("out/new"), &["a"], &below).unwrap_err().code(), 2, "one of ours is read");
    }

    #[test]
    fn a_folder_that_is_none_is_said() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("file");
        fs::write(&file, "").unwrap();
        for wrong in [file.clone(), home.path().join("gone")] {
            assert_eq!(input(&wrong).unwrap_err().code(), 2);
        }
        assert_eq!(output(&file, &["a"], &home.path().join("in")).unwrap_err().code(), 1);
    }
}
