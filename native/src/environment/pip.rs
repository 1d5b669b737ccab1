//! A virtual environment that pip fills from the package registry.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use lab::lang::Text;
use lab::python::Interpreter;
use lab::{process, text};

use super::library::{Cost, Library, interpreter};

/// A step that takes longer than this has hung.
const LIMIT: Duration = Duration::from_secs(3600);

/// What is installed, pinned.
fn pins(library: Library) -> &'static [&'static str] {
    match library {
        Library::Numpy => &["numpy==2.4.6", "threadpoolctl==3.8.0"],
        Library::Torch => &["torch==2.15.0"],
        Library::Tensorflow => &["tensorflow-cpu==2.21.0"],
    }
}

/// The oldest and the newest CPython that these versions have wheels for.
pub(super) fn versions(library: Library) -> [[u32; 2]; 2] {
    match library {
        Library::Numpy => [[3, 11], [3, 14]],
        Library::Torch => [[3, 10], [3, 14]],
        Library::Tensorflow => [[3, 10], [3, 13]],
    }
}

/// Measured on 30 November 2026, Linux x86-64, CPython 3.11. Of PyTorch only the download is known: the sum of the wheels' sizes; the
/// disk is an estimate.
pub(super) fn cost(library: Library) -> Cost {
    match library {
        Library::Numpy => Cost { download: 17_000_000, disk: 103_000_000, seconds: 10 },
        Library::Torch => Cost { download: 3_000_000_000, disk: 7_000_000_000, seconds: 300 },
        Library::Tensorflow => Cost { download: 330_000_000, disk: 1_700_000_000, seconds: 40 },
    }
}

pub(super) fn fill(folder: &Path, library: Library, python: &Interpreter, tell: &dyn Fn(&Text)) -> Result<(), Text> {
    tell(&text!("{python}의 가상 환경을 만듭니다", "making a virtual environment of {python}"));
    let words: [OsString; 3] = ["-m".into(), "venv".into(), folder.into()];
    process::run_guarded(&python.path, &words, LIMIT, |_| {})?;
    let pins = pins(library);
    let named = pins.join(" ");
    tell(&text!("내려받아 설치합니다: {named}", "downloading and installing {named}"));
    let words =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--only-binary", ":all:"];
    let words: Vec<OsString> = words.iter().chain(pins).map(OsString::from).collect();
    process::run_guarded(&interpreter(folder), &words, LIMIT, |_| {}).map(drop).map_err(|Text { ko, en }| {
        text!(
            "pip이 실패했습니다({ko}). 네트워크에 연결되어 있는지 확인하십시오",
            "pip failed ({en}). Check that there is a network"
        )
    })
}

/// Whether the library can be imported.
pub(super) fn import(python: &Path, library: Library) -> Result<(), Text> {
    let words = ["-c".into(), format!("import {}", library.word()).into()];
    process::run_guarded(python, &words, LIMIT, |_| {}).map(drop)
}
