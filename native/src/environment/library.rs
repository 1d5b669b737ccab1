//! The libraries, and where an environment of one of them is.

use std::path::{Path, PathBuf};

use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::text;

use crate::extension;

/// A library that the article names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Library {
    /// NumPy.
    Numpy,
    /// PyTorch.
    Torch,
    /// TensorFlow.
    Tensorflow,
}

/// What an environment takes.
pub(super) struct Cost {
    /// In bytes.
    pub(super) download: u64,
    /// In bytes, at most: while what was downloaded is there too.
    pub(super) disk: u64,
    /// In seconds, on a fast line.
    pub(super) seconds: u64,
}

impl Library {
    /// All of them, in the order of the article.
    pub const ALL: [Library; 3] = [Library::Numpy, Library::Tensorflow, Library::Torch];

    /// Its word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Library::Numpy => "numpy",
            Library::Torch => "torch",
            Library::Tensorflow => "tensorflow",
        }
    }

    /// Its name, as the twin has it.
    pub fn name(self) -> &'static str {
        match self {
            Library::Numpy => "NumPy",
            Library::Torch => "PyTorch",
            Library::Tensorflow => "TensorFlow",
        }
    }

    /// What to run where it is not there.
    pub fn how_to_get_it(self) -> Text {
        let (name, word) = (self.name(), self.word());
        text!(
            "{name} 없음. 설치: cargo run -p native -- setup {word}",
            "there is no {name}; to get it: cargo run -p native -- setup {word}"
        )
    }

    pub(super) fn folder(self) -> Result<PathBuf, Text> {
        Ok(extension::below_target()?.join("environments").join(self.word()))
    }

    /// The interpreter of its environment, if that was set up completely.
    pub fn python(self) -> Option<Interpreter> {
        python::find(&[set_up_in(&self.folder().ok()?)?]).ok()?.pop()
    }
}

/// The file that is there once everything else is.
pub(super) fn ready(folder: &Path) -> PathBuf {
    folder.join("ready")
}

/// The interpreter of the environment in this folder, if everything is there.
pub(super) fn set_up_in(folder: &Path) -> Option<PathBuf> {
    ready(folder).is_file().then(|| interpreter(folder))
}

/// The interpreter of an environment.
pub(super) fn interpreter(folder: &Path) -> PathBuf {
    if cfg!(windows) { folder.join("Scripts").join("python.exe") } else { folder.join("bin").join("python3") }
}
