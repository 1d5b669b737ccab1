//! Python environments with the libraries of the article, in `native/environments` below cargo's folder.

mod debian;
mod library;
mod pip;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::Unit;
use lab::report::unit::value;
use lab::{Error, Result, machine, text};

pub use library::Library;
use library::{Cost, interpreter, ready, set_up_in};

/// Where an environment comes from.
enum Source<'a> {
    /// A virtual environment of this interpreter, filled by pip.
    Pip(&'a Interpreter),
    /// Debian's packages for its own Python, unpacked: PyTorch of the package registry brings three gigabytes for graphics cards.
    Debian,
}

/// Makes the environment and returns where its interpreter is. `tell` gets a line before each step.
pub fn set_up(library: Library, pythons: &[Interpreter], tell: &dyn Fn(&Text)) -> Result<PathBuf> {
    let folder = library.folder().map_err(Error::failed)?;
    let (name, place) = (library.name(), folder.display());
    if let Some(python) = set_up_in(&folder) {
        tell(&text!(
            "{name}: 이미 설치되어 있습니다: {place} (지우려면 이 폴더를 지우십시오)",
            "{name} is there already: {place} (to remove it, delete this folder)"
        ));
        return Ok(python);
    }
    let source = source(library, pythons)?;
    let cost = match source {
        Source::Debian => debian::COST,
        Source::Pip(_) => pip::cost(library),
    };
    tell(&announce(library, &cost, &folder));
    make(library, source, &cost, &folder, tell).map_err(|Text { ko, en }| {
        Error::failed(text!("{name}을 설치할 수 없습니다: {ko}", "cannot set up {name}: {en}"))
    })
}

/// Makes it in this folder. The reason, if it cannot; then nothing is left of it.
fn make(
    library: Library,
    source: Source<'_>,
    cost: &Cost,
    folder: &Path,
    tell: &dyn Fn(&Text),
) -> std::result::Result<PathBuf, Text> {
    let made = fill(library, source, cost, folder, tell);
    if made.is_err() {
        // What cannot be removed now is removed by the next run.
        let _ = fs::remove_dir_all(folder);
    }
    made
}

fn fill(
    library: Library,
    source: Source<'_>,
    cost: &Cost,
    folder: &Path,
    tell: &dyn Fn(&Text),
) -> std::result::Result<PathBuf, Text> {
    let told = |e: io::Error| Text::same(e.to_string());
    // What an interrupted run left behind is not known to be whole.
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(told)?;
    }
    fs::create_dir_all(folder).map_err(told)?;
    if let Some(free) = machine::free_disk(folder).filter(|free| *free < cost.disk) {
        let (free, disk) = (value(free as f64, Unit::Bytes), value(cost.disk as f64, Unit::Bytes));
        return Err(text!("디스크 여유가 {free}뿐이고 {disk} 필요합니다", "{free} free on the disk, {disk} needed"));
    }
    match source {
        Source::Debian => debian::fill(folder, tell)?,
        Source::Pip(python) => pip::fill(folder, library, python, tell)?,
    }
    let (name, python) = (library.name(), interpreter(folder));
    tell(&text!("{name}을 import해 봅니다", "importing {name}"));
    pip::import(&python, library)?;
    fs::write(ready(folder), "").map_err(told)?;
    Ok(python)
}

fn source(library: Library, pythons: &[Interpreter]) -> Result<Source<'_>> {
    if library == Library::Torch && debian::is_here() {
        return Ok(Source::Debian);
    }
    let [oldest, newest] = pip::versions(library);
    let fits = |python: &&Interpreter| {
        let version = [python.version[0], python.version[1]];
        python.implementation == "CPython" && (oldest..=newest).contains(&version) && python.gil == Some(true)
    };
    let name = library.name();
    let ([from, since], [to, until]) = (oldest, newest);
    pythons.iter().find(fits).map(Source::Pip).ok_or_else(|| {
        Error::usage(text!(
            "{name}에는 CPython {from}.{since}부터 {to}.{until}까지가 필요합니다. --python에 경로를 주십시오.",
            "{name} needs a CPython from {from}.{since} to {to}.{until}. Give its path with --python."
        ))
    })
}

fn announce(library: Library, cost: &Cost, folder: &Path) -> Text {
    let (name, seconds, place) = (library.name(), cost.seconds, folder.display());
    let [download, disk] = [cost.download, cost.disk].map(|bytes| value(bytes as f64, Unit::Bytes));
    text!(
        "{name}: 다운로드 {download}, 디스크 {disk}, {seconds}초쯤(빠른 네트워크에서). 폴더: {place}",
        "{name}: {download} to download, {disk} on disk, about {seconds} s on a fast network. Folder: {place}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn python(version: [u32; 3], gil: Option<bool>) -> Interpreter {
        Interpreter { path: "python".into(), implementation: "CPython".into(), version, gil }
    }

    #[test]
    fn an_interpreter_that_the_library_has_no_wheel_for_is_refused() {
        let usable = |version, gil| source(Library::Numpy, &[python(version, gil)]).is_ok();
        assert!(usable([3, 11, 7], Some(true)) && usable([3, 14, 0], Some(true)));
        assert!(!usable([3, 10, 13], Some(true)) && !usable([3, 13, 0], Some(false)));
        let refused = source(Library::Tensorflow, &[]).err().unwrap();
        assert!(refused.code() == 2 && refused.text().en.contains("--python"), "{refused:?}");
    }

    #[test]
    fn an_environment_without_its_mark_is_not_used() {
        let folder = std::env::temp_dir().join(format!("native-mark-{}", std::process::id()));
        fs::create_dir_all(interpreter(&folder).parent().unwrap()).unwrap();
        fs::write(interpreter(&folder), "").unwrap();
        assert_eq!(set_up_in(&folder), None, "an interrupted run left it");
        fs::write(ready(&folder), "").unwrap();
        assert_eq!(set_up_in(&folder), Some(interpreter(&folder)));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_cannot_be_made_says_why_and_leaves_nothing() {
        let folder = std::env::temp_dir().join(format!("native-failed-{}", std::process::id()));
        let (python, cost) = (python([3, 11, 7], Some(true)), Cost { download: 0, disk: u64::MAX, seconds: 0 });
        let why = make(Library::Numpy, Source::Pip(&python), &cost, &folder, &|_| {}).unwrap_err();
        assert!(why.en.contains("free on the disk"), "{why:?}");
        assert!(!folder.exists(), "something was left");
    }
}
