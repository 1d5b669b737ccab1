//! Options that do not go together: one would have no effect, or one file would be written twice, or both read and written.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::ArgMatches;

use super::common::Common;
use super::declared::{Declared, Direction, given};
use crate::error::{Error, Result};
use crate::text;

/// A pair of options, by their names.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rule {
    /// Together with the first, the second has no effect.
    Conflict(&'static str, &'static str),
    /// The first has an effect only together with the second.
    Needs(&'static str, &'static str),
}

/// The rules for the options that all programs share. With `--svg`, `--full` has an effect even beside `--json`: it selects what is drawn.
fn shared(matches: &ArgMatches) -> Vec<Rule> {
    let json = Rule::Conflict("json", "full");
    let without_svg = (!given("svg", matches)).then_some(json);
    [Rule::Conflict("no-python", "python")].into_iter().chain(without_svg).collect()
}

/// Refuses an option that was given and has no effect.
pub(super) fn check(rules: &[Rule], options: &[Declared], matches: &ArgMatches) -> Result<()> {
    let shown = |name: &str| {
        let declared = options.iter().find(|option| option.name == name);
        declared.map_or_else(|| format!("--{name}"), Declared::shown)
    };
    for rule in shared(matches).iter().chain(rules) {
        match *rule {
            Rule::Conflict(first, second) if given(first, matches) && given(second, matches) => {
                let (first, second) = (shown(first), shown(second));
                return Err(Error::usage(text!(
                    "{second}: {first}도 주면 효과가 없습니다. 둘 중 하나만 주십시오.",
                    "{second} has no effect together with {first}: give only one of them."
                )));
            }
            Rule::Needs(first, second) if given(first, matches) && !given(second, matches) => {
                let (first, second) = (shown(first), shown(second));
                return Err(Error::usage(text!(
                    "{first}: {second} 없이는 효과가 없습니다. 둘을 함께 주십시오.",
                    "{first} has no effect without {second}: give both."
                )));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Refuses one file for two outputs, and an output that is also an input. Checked before any file is opened for writing.
pub(super) fn check_files(options: &[Declared], matches: &ArgMatches, common: &Common) -> Result<()> {
    let mut inputs: Vec<(String, PathBuf)> = Vec::new();
    let mut outputs: Vec<(String, PathBuf)> = Vec::new();
    let shared = [("--trace", &common.trace), ("--svg", &common.svg)];
    outputs.extend(shared.into_iter().filter_map(|(name, path)| Some((name.to_owned(), path.clone()?))));
    inputs.extend(common.python.iter().map(|path| ("--python".to_owned(), path.clone())));
    for option in options {
        let values = matches.get_many::<OsString>(option.name).into_iter().flatten();
        for (direction, path) in values.filter_map(|value| option.file(value)) {
            let files = if direction == Direction::Read { &mut inputs } else { &mut outputs };
            files.push((option.shown(), path.to_owned()));
        }
    }
    let inputs: Vec<_> = inputs.iter().map(|(name, path)| (name, path, Place::of(path))).collect();
    let outputs: Vec<_> = outputs.iter().map(|(name, path)| (name, path, Place::of(path))).collect();
    for (n, (name, path, place)) in outputs.iter().enumerate().filter(|(_, (_, _, place))| place.is_some()) {
        let (shown, same) = (path.display(), |other: &Option<Place>| other == place);
        if let Some((other, ..)) = inputs.iter().find(|(_, _, place)| same(place)) {
            return Err(Error::usage(text!(
                "{name} {shown}: {other} 옵션이 읽는 파일입니다. 다른 파일을 주십시오.",
                "{name} {shown}: {other} reads this file. Give another one."
            )));
        }
        if let Some((other, ..)) = outputs[..n].iter().find(|(_, _, place)| same(place)) {
            return Err(Error::usage(text!(
                "{name} {shown}: {other} 옵션도 이 파일에 씁니다. 다른 파일을 주십시오.",
                "{name} {shown}: {other} also writes this file. Give another one."
            )));
        }
    }
    Ok(())
}

/// The file or folder that a path leads to, whatever it is called.
#[derive(Debug, PartialEq)]
enum Place {
    /// One that exists: its device and inode numbers. By path, a hard link would be another file.
    #[cfg(unix)]
    Existing(u64, u64),
    /// One that does not exist yet: its path with links resolved.
    Path(PathBuf),
}

impl Place {
    /// `None` for a device or a pipe, which several outputs may share, and for a path where no file can be created.
    fn of(path: &Path) -> Option<Place> {
        match fs::metadata(path) {
            Ok(found) if !found.is_file() && !found.is_dir() => None,
            #[cfg(unix)]
            Ok(found) => {
                use std::os::unix::fs::MetadataExt;
                Some(Place::Existing(found.dev(), found.ino()))
            }
            _ => real(path, LINKS).ok().map(Place::Path),
        }
    }
}

/// The longest chain of symbolic links that is followed.
const LINKS: usize = 16;

/// The path with links resolved. The file need not exist, but its folder must.
fn real(path: &Path, links: usize) -> io::Result<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match fs::read_link(path) {
        Ok(to) if links > 0 => real(&folder.join(to), links - 1),
        _ => {
            let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
            Ok(folder.canonicalize()?.join(name))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_same_under_all_its_names() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        fs::write(at("list"), "x").unwrap();
        fs::create_dir(at("folder")).unwrap();
        let same = |a: &str, b: &str| Place::of(&at(a)).is_some() && Place::of(&at(a)) == Place::of(&at(b));
        assert!(same("list", "folder/../list") && same("list", "./list"));
        assert!(same("new", "folder/../new"), "a file that does not exist yet");
        assert!(!same("list", "new") && !same("new", "newer") && !same("no/folder", "no/folder"));
        #[cfg(unix)]
        {
            fs::hard_link(at("list"), at("hard")).unwrap();
            std::os::unix::fs::symlink("list", at("soft")).unwrap();
            std::os::unix::fs::symlink("new", at("dangling")).unwrap();
            std::os::unix::fs::symlink("circle", at("circle")).unwrap();
            assert!(same("list", "hard") && same("list", "soft") && same("dangling", "new"));
            assert!(Place::of(&at("circle")).is_some(), "it ends");
            assert_eq!(Place::of(Path::new("/dev/null")), None, "several may write there");
        }
    }
}
