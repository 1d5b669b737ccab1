//! The copy of a submission: a folder of its own, with the driver beside it. Nothing of the original is touched.

use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use lab::{Error, Result, text};

use crate::labs::{Lab, root};
use crate::limits;
use crate::track::Track;

/// A submission is one file of at most so many bytes: nobody writes a megabyte of source in fifteen minutes.
pub const MOST: u64 = 1 << 20;

/// The root of a Rust program: the submission is a module beside the driver.
const MAIN: &str = "\
mod driver;
#[allow(dead_code)]
mod submission;
#[allow(unused_imports)]
pub use kit::sync;

fn main() -> std::process::ExitCode {
    kit::main(driver::run)
}
";

/// A submission and its driver in a folder, which is removed when this is dropped.
#[derive(Debug)]
pub struct Copy {
    /// Where the program is compiled and run; with root, it belongs to `user`.
    pub folder: PathBuf,
    /// The text of the submission.
    pub source: String,
    /// The user that it belongs to, if the grader is root.
    pub user: Option<u32>,
    home: tempfile::TempDir,
}

impl Copy {
    /// A copy of a submission of a lab.
    pub fn of(lab: &Lab, track: Track, source: &[u8]) -> Result<Copy> {
        let home =
            tempfile::Builder::new().prefix("exercises-").tempdir().map_err(|e| no_room(&std::env::temp_dir(), &e))?;
        let folder = home.path().join("copy");
        let text = String::from_utf8_lossy(source).into_owned();
        let copy = Copy { source: text, user: limits::own_user(), home, folder };
        copy.fill(lab, track, source).map_err(|e| no_room(&copy.folder, &e))?;
        Ok(copy)
    }

    fn fill(&self, lab: &Lab, track: Track, source: &[u8]) -> io::Result<()> {
        open_to_others(self.home.path())?;
        fs::create_dir(&self.folder)?;
        fs::write(self.folder.join(track.file("submission")), source)?;
        fs::copy(lab.file("driver", track), self.folder.join(track.file("driver")))?;
        match track {
            Track::Rust => fs::write(self.folder.join("main.rs"), MAIN)?,
            Track::Python => {
                let kit = root().join("support/exercise-kit/python/kit.py");
                fs::copy(kit, self.folder.join("kit.py"))?;
            }
        }
        limits::make_own(&self.folder, self.user)
    }
}

/// The user of the copy must get to it; what lies beside it is nobody else's.
fn open_to_others(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o711))?;
    Ok(())
}

impl Drop for Copy {
    fn drop(&mut self) {
        // It may be deep or closed; what cannot be removed is left to the system's clean-up of temporary folders.
        let _ = limits::remove(&self.folder);
    }
}

/// Reads a submission that the reader names. A link is followed: it is the reader's own.
pub fn read(submission: &Path) -> Result<Vec<u8>> {
    let path = submission.display();
    let refuse = |e: io::Error| match e.kind() {
        ErrorKind::NotFound => Error::usage(text!("{path}: 이런 파일이 없습니다.", "{path}: there is no such file.")),
        _ => Error::failed(text!("{path}: 읽을 수 없습니다: {e}", "{path}: cannot be read: {e}")),
    };
    let file = fs::File::open(submission).map_err(refuse)?;
    if !file.metadata().map_err(refuse)?.is_file() {
        return Err(Error::usage(text!("{path}: 파일이 아닙니다.", "{path}: not a file.")));
    }
    let mut source = Vec::new();
    file.take(MOST + 1).read_to_end(&mut source).map_err(refuse)?;
    if source.len() as u64 > MOST {
        return Err(Error::failed(text!(
            "{path}: {MOST}바이트보다 큽니다. 제출물은 소스 파일 하나입니다.",
            "{path}: larger than {MOST} bytes. A submission is one source file."
        )));
    }
    Ok(source)
}

fn no_room(folder: &Path, e: &io::Error) -> Error {
    let folder = folder.display();
    match e.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Error::failed(text!(
            "{folder}: 디스크가 가득 찼습니다. 자리를 비우거나 TMPDIR로 다른 폴더를 지정하십시오.",
            "{folder}: the disk is full. Make room, or name another folder with TMPDIR."
        )),
        _ => Error::failed(text!("{folder}: 쓸 수 없습니다: {e}", "{folder}: cannot be written: {e}")),
    }
}
