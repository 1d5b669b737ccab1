//! Options that do not go together: one of them would have no effect, or one file would be written twice, or read and written.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::common::Common;
use super::options::{Declared, Direction, Rule};
use crate::error::{Error, Result};
use crate::text;

/// Of the options that all programs share. `--svg` makes `--full` effective: it decides what is drawn.
fn shared(matches: &ArgMatches) -> Vec<Rule> {
    let json = Rule::Conflict("json", "full");
    let without_svg = (!given("svg", matches)).then_some(json);
    [Rule::Conflict("no-python", "python")].into_iter().chain(without_svg).collect()
}

fn given(name: &str, matches: &ArgMatches) -> bool {
    matches.value_source(name) == Some(ValueSource::CommandLine)
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
                    "{first}, {second}: 함께 주면 {second} 쪽은 효과가 없습니다. 하나만 주십시오.",
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

/// Refuses one file for two outputs, and an output that is an input: asked before anything is opened for writing.
pub(super) fn check_files(options: &[Declared], matches: &ArgMatches, common: &Common) -> Result<()> {
    let mut inputs: Vec<(String, PathBuf)> = Vec::new();
    let mut outputs: Vec<(String, PathBuf)> = Vec::new();
    let shared = [("--trace", &common.trace), ("--svg", &common.svg)];
    outputs.extend(shared.into_iter().filter_map(|(name, path)| Some((name.to_owned(), path.clone()?))));
    inputs.extend(common.python.iter().map(|path| ("--python".to_owned(), path.clone())));
    for option in options {
        let files = match option.direction() {
            Some(Direction::Read) => &mut inputs,
            Some(Direction::Write) => &mut outputs,
            None => continue,
        };
        let paths = matches.get_many::<std::ffi::OsString>(option.name).into_iter().flatten();
        files.extend(paths.map(|path| (option.shown(), PathBuf::from(path))));
    }
    let inputs: Vec<_> = inputs.iter().map(|(name, path)| (name, path, Place::of(path))).collect();
    let outputs: Vec<_> = outputs.iter().map(|(name, path)| (name, path, Place::of(path))).collect();
    for (n, (name, path, place)) in outputs.iter().enumerate().filter(|(_, (_, _, place))| place.is_some()) {
        let (shown, same) = (path.display(), |other: &Option<Place>| other == place);
        if let Some((other, ..)) = inputs.iter().find(|(_, _, place)| same(place)) {
            return Err(Error::usage(text!(
                "{name} {shown}: {other}에서 읽는 파일입니다. 다른 파일을 주십시오.",
                "{name} {shown}: this is what {other} reads. Give another file."
            )));
        }
        if let Some((other, ..)) = outputs[..n].iter().find(|(_, _, place)| same(place)) {
            return Err(Error::usage(text!(
                "{name} {shown}: {other}에 쓰는 파일이기도 합니다. 다른 파일을 주십시오.",
                "{name} {shown}: this is what {other} writes, too. Give another file."
            )));
        }
    }
    Ok(())
}

/// Where a path leads, by whatever name.
#[derive(Debug, PartialEq)]
enum Place {
    /// A file or a folder that exists: its device and its number there. A hard link has another path.
    #[cfg(unix)]
    Existing(u64, u64),
    /// Its real path, without links.
    Path(PathBuf),
}

impl Place {
    /// `None` for a device or a pipe, which several may write to, and for what no file can be.
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

/// So many links after one another are followed.
const LINKS: usize = 16;

/// The real path of what need not exist yet, in a folder that does.
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
        assert!(same("new", "folder/../new"), "what is not there yet");
        assert!(!same("list", "new") && !same("new", "newer") && !same("no/folder", "no/folder"));
        #[cfg(unix)]
        {
            fs::hard_link(at("list"), at("hard")).unwrap();
            std::os::unix::fs::symlink("list", at("soft")).unwrap();
            std::os::unix::fs::symlink("new", at("dangling")).unwrap();
            std::os::unix::fs::symlink("circle", at("circle")).unwrap();
            assert!(same("list", "hard") && same("list", "soft") && same("dangling", "new"));
            assert!(Place::of(&at("circle")).is_some(), "it ends");
            assert_eq!(Place::of(Path::new("/dev/null")), None, "two may write there");
        }
    }
}
