//! `lab.toml`: what a lab says of itself, and how it is read.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use lab::cli::Choice as _;
use lab::lang::{Text, has_hangul};
use lab::python::Interpreter;
use lab::{Error, Result, text};
use serde::Deserialize;

use crate::track::Track;

/// A lab has so many hints, from the first step to the last.
pub const HINTS: usize = 3;

/// The file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// A few words.
    pub title: Text,
    /// The section of the article: threading, asyncio, multiprocessing, mutex, gil-sim, compare.
    pub section: String,
    /// What a student needs.
    pub minutes: u32,
    /// The one idea, in a sentence.
    pub idea: Text,
    /// What may be touched.
    pub touch: Text,
    /// What a run may use.
    #[serde(default)]
    pub limits: LabLimits,
    /// The oldest Python that the submission may be run on; 3.6 if it is left out.
    #[serde(default = "oldest")]
    pub python: [u32; 2],
    /// What is promised, in the order in which it is told.
    pub promises: Vec<Promise>,
    /// Wrong solutions.
    pub mutants: Vec<Mutant>,
    /// The promises that the starter breaks, by track; the tracks are those of this table.
    pub starter_fails: BTreeMap<Track, Vec<String>>,
    /// Three, from the first step to the last.
    pub hints: Vec<Text>,
}

fn oldest() -> [u32; 2] {
    [3, 6]
}

/// What one run of a scenario may use. Generous: a busy machine must not fail a right solution.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LabLimits {
    /// Until a run counts as a hang.
    pub seconds: u64,
    /// Of one process.
    pub memory_mb: u64,
    /// Processes and threads.
    pub processes: u64,
}

impl Default for LabLimits {
    fn default() -> LabLimits {
        LabLimits { seconds: 15, memory_mb: 1024, processes: 128 }
    }
}

/// What a submission must keep.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promise {
    /// Its name: a word.
    pub id: String,
    /// The promise, in a sentence.
    pub ko: String,
    /// The same.
    pub en: String,
    /// The wrong program that it catches.
    pub catches: Text,
    /// The number of the hint that fits, 1 to 3.
    pub hint: usize,
    /// Its points.
    pub points: u32,
    /// The scenario whose run is judged.
    pub scenario: String,
    /// Only in this track; in both if it is left out.
    pub track: Option<Track>,
    /// Only on such interpreters; on all if it is left out.
    pub needs: Option<Needs>,
}

/// What an interpreter must have for a promise to be asked on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Needs {
    /// No GIL: free-threaded CPython, Jython.
    NoGil,
    /// A GIL.
    Gil,
}

impl Promise {
    /// The promise, in both languages.
    pub fn text(&self) -> Text {
        Text { ko: self.ko.clone(), en: self.en.clone() }
    }

    /// Why it is not asked here; `None` if it is asked.
    pub fn why_not_asked(&self, python: Option<&Interpreter>) -> Option<Text> {
        let python = python?;
        match (self.needs?, python.gil) {
            (Needs::NoGil, Some(false)) | (Needs::Gil, Some(true)) => None,
            (Needs::NoGil, _) => {
                Some(text!("{python}에는 GIL이 있어 묻지 않습니다", "not asked on {python}, which has a GIL"))
            }
            (Needs::Gil, _) => {
                Some(text!("{python}에는 GIL이 없어 묻지 않습니다", "not asked on {python}, which has no GIL"))
            }
        }
    }
}

/// A wrong solution.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutant {
    /// Its file in `mutants/`.
    pub file: String,
    /// The track, by the file's name.
    pub track: Track,
    /// The promise that must catch it.
    pub promise: String,
    /// What is wrong with it.
    pub why: Text,
}

/// Reads the manifest in a lab's folder.
pub fn read(folder: &Path) -> Result<Manifest> {
    let path = folder.join("lab.toml");
    let refuse = |why: String| {
        let path = path.display();
        Error::failed(text!("{path}: 읽을 수 없습니다: {why}", "{path}: cannot be read: {why}"))
    };
    let source = fs::read_to_string(&path).map_err(|e| refuse(e.to_string()))?;
    basic_toml::from_str(&source).map_err(|e| refuse(e.to_string()))
}

impl Manifest {
    /// The promises of a track.
    pub fn promises_of(&self, track: Track) -> impl Iterator<Item = &Promise> {
        self.promises.iter().filter(move |promise| promise.track.is_none_or(|only| only == track))
    }

    /// The tracks of the lab.
    pub fn tracks(&self) -> impl Iterator<Item = Track> {
        self.starter_fails.keys().copied()
    }

    /// Whether the lab's submissions may be run on it.
    pub fn runs_on(&self, python: &Interpreter) -> bool {
        python.version[..2] >= self.python[..]
    }

    /// Why not.
    pub fn too_old(&self, python: &Interpreter) -> Text {
        let ([major, minor], title) = (self.python, &self.title);
        text!(
            "{python}: '{title}' 실습에는 파이썬 {major}.{minor} 이상이 필요합니다.",
            "{python}: the lab '{title}' needs Python {major}.{minor} or later."
        )
    }

    /// What is wrong with it, one line each.
    pub fn mistakes(&self) -> Vec<Text> {
        let mut wrong = Vec::new();
        let mut texts: Vec<(String, Text)> = [("title", &self.title), ("idea", &self.idea), ("touch", &self.touch)]
            .map(|(name, text)| (name.to_owned(), text.clone()))
            .to_vec();
        for promise in &self.promises {
            let id = &promise.id;
            texts.push((format!("promise {id}"), promise.text()));
            texts.push((format!("catches of {id}"), promise.catches.clone()));
            if !(1..=HINTS).contains(&promise.hint) {
                let hint = promise.hint;
                wrong.push(text!("약속 {id}: {hint}번 힌트는 없습니다", "promise {id}: there is no hint {hint}"));
            }
            if promise.points == 0 {
                wrong.push(text!("약속 {id}에 점수가 없습니다", "promise {id} has no points"));
            }
            if self.promises.iter().filter(|other| other.id == promise.id).count() > 1 {
                wrong.push(text!("약속 {id}이(가) 두 번 있습니다", "promise {id} is there twice"));
            }
        }
        texts.extend(self.mutants.iter().map(|mutant| (format!("mutant {}", mutant.file), mutant.why.clone())));
        texts.extend(self.hints.iter().enumerate().map(|(n, hint)| (format!("hint {}", n + 1), hint.clone())));
        for (name, text) in texts {
            if !has_hangul(&text.ko) || text.en.trim().is_empty() || has_hangul(&text.en) {
                wrong.push(text!("{name}: 두 언어 가운데 하나가 없습니다", "{name}: one of the languages is missing"));
            }
        }
        if self.hints.len() != HINTS {
            let n = self.hints.len();
            wrong.push(text!("힌트가 {HINTS}개가 아니라 {n}개입니다", "{n} hints instead of {HINTS}"));
        }
        for mutant in &self.mutants {
            if !self.promises_of(mutant.track).any(|promise| promise.id == mutant.promise) {
                let (file, promise) = (&mutant.file, &mutant.promise);
                wrong.push(text!(
                    "오답 {file}: 그 트랙에 '{promise}'이라는 약속이 없습니다",
                    "mutant {file}: no promise '{promise}' in its track"
                ));
            }
        }
        for (track, ids) in &self.starter_fails {
            let word = track.word();
            for id in ids {
                if !self.promises_of(*track).any(|promise| promise.id == *id) {
                    wrong.push(text!(
                        "starter_fails.{word}: 이 트랙에 '{id}'이라는 약속이 없습니다",
                        "starter_fails.{word}: no promise '{id}' in this track"
                    ));
                }
            }
            if ids.is_empty() {
                wrong.push(text!(
                    "starter_fails.{word}: 출발점이 깨는 약속이 없습니다",
                    "starter_fails.{word}: a starter that breaks no promise"
                ));
            }
        }
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAB: &str = r#"
        section = "threading"
        minutes = 10
        title = { ko = "제목", en = "title" }
        idea = { ko = "생각", en = "idea" }
        touch = { ko = "전체", en = "all" }
        python = [3, 8]
        starter_fails = { rust = ["a"], python = ["a", "b"] }
        hints = [{ ko = "하나", en = "1" }, { ko = "둘", en = "2" }, { ko = "셋", en = "3" }]
        [[promises]]
        id = "a"
        ko = "약속"
        en = "promise"
        catches = { ko = "틀린 것", en = "wrong" }
        hint = 1
        points = 2
        scenario = "one"
        [[promises]]
        id = "b"
        ko = "약속"
        en = "promise"
        catches = { ko = "틀린 것", en = "wrong" }
        hint = 3
        points = 1
        scenario = "two"
        track = "python"
        needs = "no_gil"
        [[mutants]]
        file = "x.py"
        track = "python"
        promise = "b"
        why = { ko = "이유", en = "why" }
    "#;

    fn python(version: [u32; 3], gil: Option<bool>) -> Interpreter {
        Interpreter { path: "python3".into(), implementation: "CPython".to_owned(), version, gil }
    }

    #[test]
    fn a_manifest_is_read() {
        let lab: Manifest = basic_toml::from_str(LAB).unwrap();
        assert_eq!(lab.mistakes(), []);
        assert_eq!(lab.promises_of(Track::Rust).count(), 1);
        assert_eq!(lab.promises_of(Track::Python).count(), 2);
        assert!(lab.runs_on(&python([3, 8, 0], None)) && !lab.runs_on(&python([3, 7, 16], None)));
        let asked = |gil| lab.promises[1].why_not_asked(Some(&python([3, 13, 0], gil))).is_none();
        assert_eq!([Some(false), Some(true), None].map(asked), [true, false, false]);
        assert!(lab.promises[1].why_not_asked(None).is_none(), "Rust has no GIL, and no interpreter");
    }

    #[test]
    fn mistakes_are_named() {
        for (right, wrong, said) in [
            ("hint = 3", "hint = 0", "promise b: there is no hint 0"),
            ("points = 1", "points = 0", "promise b has no points"),
            ("id = \"b\"", "id = \"a\"", "promise a is there twice"),
            ("promise = \"b\"", "promise = \"c\"", "mutant x.py: no promise 'c' in its track"),
            ("rust = [\"a\"]", "rust = [\"b\"]", "starter_fails.rust: no promise 'b' in this track"),
            ("rust = [\"a\"]", "rust = []", "starter_fails.rust: a starter that breaks no promise"),
            ("{ ko = \"셋\", en = \"3\" }", "", "2 hints instead of 3"),
            ("en = \"idea\"", "en = \"생각\"", "idea: one of the languages is missing"),
        ] {
            let lab: Manifest = basic_toml::from_str(&LAB.replace(right, wrong)).unwrap();
            let is_said = |line: &Text| line.en == said && has_hangul(&line.ko);
            assert!(lab.mistakes().iter().any(is_said), "{said}: {:?}", lab.mistakes());
        }
        for wrong in ["track = \"go\"", "needs = \"gill\"", "colour = \"red\""] {
            let spoiled = LAB.replace("scenario = \"one\"", &format!("scenario = \"one\"\n{wrong}"));
            assert!(basic_toml::from_str::<Manifest>(&spoiled).is_err(), "{wrong}");
        }
    }
}
