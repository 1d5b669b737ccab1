//! The labs: `labs/NN-name/`, each of which has everything of its own.

use std::env;
use std::path::{Path, PathBuf};

use lab::{Error, Result, lang, text};

use crate::manifest::{self, Manifest};
use crate::promise::Judge;
use crate::track::Track;

mod judges {
    use crate::promise::Judge;

    include!(concat!(env!("OUT_DIR"), "/judges.rs"));
}

/// A lab.
#[derive(Clone, Debug)]
pub struct Lab {
    /// From the name of its folder.
    pub number: u32,
    /// The name of its folder: `01-join-all`.
    pub name: &'static str,
    /// Where it is.
    pub folder: PathBuf,
    /// `lab.toml`.
    pub manifest: Manifest,
    /// `promises.rs`.
    pub judge: Judge,
}

/// The root of the sources: cargo tells where the package is that it runs; without cargo, where it was built.
pub fn root() -> PathBuf {
    let told = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).filter(|package| package.join("labs").is_dir());
    let package = told.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    package.parent().map_or_else(|| package.clone(), Path::to_owned)
}

/// The folder of the labs. `EXERCISES_LABS` names another one with the same labs: tests spoil a copy.
pub fn folder() -> PathBuf {
    env::var_os("EXERCISES_LABS").map_or_else(|| root().join("exercises").join("labs"), PathBuf::from)
}

/// All of them, in order.
pub fn all() -> Result<Vec<Lab>> {
    let folder = folder();
    let lab = |&(name, judge): &(&'static str, Judge)| {
        let folder = folder.join(name);
        let number = name.split('-').next().and_then(|number| number.parse().ok());
        let number = number.ok_or_else(|| {
            Error::failed(text!("{name}: 번호로 시작하지 않는 폴더입니다.", "{name}: a folder without a number."))
        })?;
        Ok(Lab { number, name, manifest: manifest::read(&folder)?, folder, judge })
    };
    judges::JUDGES.iter().map(lab).collect()
}

/// The lab that a reader names: `1`, `01`, `01-join-all`, `join-all`.
pub fn find(word: &str) -> Result<Lab> {
    let labs = all()?;
    let number = word.parse::<u32>().ok();
    let is_it = |lab: &&Lab| {
        number == Some(lab.number) || lab.name == word || lab.name.split_once('-').is_some_and(|(_, name)| name == word)
    };
    labs.iter().find(is_it).cloned().ok_or_else(|| {
        let known = labs.iter().map(|lab| lab.number.to_string()).collect::<Vec<_>>().join(", ");
        Error::usage(text!(
            "'{word}'이라는 실습은 없습니다. 있는 번호: {known}",
            "there is no lab '{word}'. There are: {known}"
        ))
    })
}

impl Lab {
    /// A file of the lab for a track: `starter`, `solution`, `driver`.
    pub fn file(&self, role: &str, track: Track) -> PathBuf {
        self.folder.join(track.file(role))
    }

    /// The task in the reader's language.
    pub fn task(&self) -> PathBuf {
        self.folder.join(format!("task.{}.md", lang::current().code()))
    }

    /// Whether the lab exists in this track.
    pub fn has(&self, track: Track) -> bool {
        self.manifest.starter_fails.contains_key(&track)
    }
}
