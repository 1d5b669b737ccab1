//! What was graded already: a file for each submission, so that a second run goes on where the first one stopped.
//!
//! The files lie in the grader's own `target/`, not among the submissions: there a submission could bring its own result with it. A
//! result counts only for the same bytes of the submission, the lab, the kit, and the same compiler and interpreters.

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use hmac_sha256::Hash;
use lab::python::Interpreter;
use lab::{Error, Result, atomic_write, text};

use super::sheet::Grade;
use super::submissions::Entry;
use crate::labs::root;
use crate::tools::Tools;
use crate::track::Track;

/// Results by their key.
#[derive(Debug)]
pub struct Saved {
    folder: PathBuf,
    grader: String,
}

impl Saved {
    /// In this folder, else in `target/`.
    pub fn open(folder: Option<&Path>) -> Result<Saved> {
        let folder = folder.map(Path::to_owned).unwrap_or_else(|| {
            let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
            target.join("exercises").join("graded")
        });
        fs::create_dir_all(&folder).map_err(|e| {
            let folder = folder.display();
            Error::failed(text!("{folder}: 만들 수 없습니다: {e}", "{folder}: cannot be made: {e}"))
        })?;
        Ok(Saved { folder, grader: this_program() })
    }

    /// Everything that a result depends on.
    pub fn key(&self, entry: &Entry, source: &[u8], tools: Option<&Tools>, pythons: &[Interpreter]) -> String {
        let mut hash = Hash::new();
        // Each part has its length before it, so no two lists of parts look alike.
        let mut add = |part: &[u8]| {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        };
        add(self.grader.as_bytes());
        add(entry.submission.as_bytes());
        add(entry.lab.name.as_bytes());
        add(source);
        for file in ["lab.toml".to_owned(), "promises.rs".to_owned(), entry.track.file("driver")] {
            add(&read(&entry.lab.folder.join(file)));
        }
        match entry.track {
            Track::Rust => {
                let kit = tools.and_then(|tools| tools.crates.iter().find(|(name, _)| *name == "kit"));
                add(&kit.map(|(_, file)| read(file)).unwrap_or_default());
                add(tools.map(|tools| tools.sysroot.as_os_str().as_encoded_bytes()).unwrap_or_default());
            }
            Track::Python => {
                add(&read(&root().join("support/exercise-kit/python/kit.py")));
                for python in pythons {
                    add(python.path.as_os_str().as_encoded_bytes());
                    add(python.id().as_bytes());
                }
            }
        }
        hash.finalize().iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    /// The result, if there is one that can be read.
    pub fn load(&self, key: &str) -> Option<Grade> {
        serde_json::from_slice(&fs::read(self.file(key)).ok()?).ok()
    }

    /// Saves it: completely or not at all.
    pub fn save(&self, key: &str, grade: &Grade) -> Result<()> {
        let bytes = serde_json::to_vec(grade).expect("a grade has only text keys");
        atomic_write::write(&self.file(key), &bytes)
    }

    fn file(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.json"))
    }
}

/// The grader itself: another build may judge differently.
fn this_program() -> String {
    let about = env::current_exe().and_then(fs::metadata);
    about.map(|about| format!("{} {:?}", about.len(), about.modified().ok())).unwrap_or_default()
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_default()
}
