//! Python environments with the libraries of the article, in `native/environments` below cargo's folder.

mod debian;
mod library;
mod pip;

use std::fs;
use std::path::{Path, PathBuf};

use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::Unit;
use lab::report::unit::value;
use lab::{Error, Result, machine, text};

pub use library::Library;
use library::{Cost, interpreter, ready};

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
    if ready(&folder).is_file() {
        tell(&text!(
            "{name}: 이미 설치되어 있습니다: {place} (지우려면 이 폴더를 지우십시오)",
            "{name} is there already: {place} (to remove it, delete this folder)"
        ));
        return Ok(interpreter(&folder));
    }
    let source = source(library, pythons)?;
    let cost = match source {
        Source::Debian => debian::COST,
        Source::Pip(_) => pip::cost(library),
    };
    tell(&announce(library, &cost, &folder));
    fs::create_dir_all(&folder).map_err(|e| cannot(library, &Text::same(e.to_string())))?;
    if let Some(free) = machine::free_disk(&folder).filter(|free| *free < cost.disk) {
        let (free, disk) = (value(free as f64, Unit::Bytes), value(cost.disk as f64, Unit::Bytes));
        let why = text!("디스크 여유가 {free}뿐이고 {disk} 필요합니다", "{free} free on the disk, {disk} needed");
        return Err(cannot(library, &why));
    }
    // What an interrupted run left behind is not known to be whole.
    let emptied = fs::remove_dir_all(&folder).and_then(|()| fs::create_dir_all(&folder));
    emptied.map_err(|e| cannot(library, &Text::same(e.to_string())))?;
    let filled = match source {
        Source::Debian => debian::fill(&folder, tell),
        Source::Pip(python) => pip::fill(&folder, library, python, tell),
    };
    filled.map_err(|why| cannot(library, &why))?;
    tell(&text!("{name}을 import해 봅니다", "importing {name}"));
    pip::import(&interpreter(&folder), library).map_err(|why| cannot(library, &why))?;
    fs::write(ready(&folder), "").map_err(|e| cannot(library, &Text::same(e.to_string())))?;
    Ok(interpreter(&folder))
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

fn cannot(library: Library, why: &Text) -> Error {
    let (name, Text { ko, en }) = (library.name(), why);
    Error::failed(text!("{name}을 설치할 수 없습니다: {ko}", "cannot set up {name}: {en}"))
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
        let folder = std::env::temp_dir().join(format!("native-environment-{}", std::process::id()));
        assert!(!ready(&folder).is_file());
        assert!(interpreter(&folder).starts_with(&folder));
    }
}
