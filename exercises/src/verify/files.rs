//! The files of a lab: complete, in both languages, and none that nobody knows.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use lab::lang::has_hangul;

use crate::labs::Lab;
use crate::plain;

/// A track has at least so many wrong solutions.
const MUTANTS: usize = 5;

/// What is wrong with a lab's files, one line each.
pub fn mistakes(lab: &Lab) -> Vec<String> {
    let mut wrong = lab.manifest.mistakes();
    wrong.extend(texts(&lab.folder));
    let mut known: BTreeSet<String> = ["lab.toml", "promises.rs", "task.ko.md", "task.en.md"].map(str::to_owned).into();
    for track in lab.manifest.tracks() {
        known.extend(["driver", "starter", "solution"].map(|role| track.file(role)));
        let mutants = lab.manifest.mutants.iter().filter(|mutant| mutant.track == track);
        known.extend(mutants.clone().map(|mutant| format!("mutants/{}", mutant.file)));
        if mutants.count() < MUTANTS {
            wrong.push(format!("fewer than {MUTANTS} mutants in one track"));
        }
    }
    for mutant in &lab.manifest.mutants {
        let end = Path::new(&mutant.file).extension().and_then(|end| end.to_str());
        if end != Some(mutant.track.extension()) {
            wrong.push(format!("mutant {}: not a file of its track", mutant.file));
        }
    }
    let found = found(&lab.folder);
    wrong.extend(known.difference(&found).map(|name| format!("{name} is missing")));
    wrong.extend(found.difference(&known).map(|name| format!("{name} is not named in lab.toml")));
    wrong.extend(names_kit(lab));
    wrong
}

/// Both tasks, with the same headings, each in its language.
fn texts(folder: &Path) -> Vec<String> {
    let read = |code: &str| fs::read_to_string(folder.join(format!("task.{code}.md"))).unwrap_or_default();
    let (ko, en) = (read("ko"), read("en"));
    let count = |page: &str, begin: &str| page.lines().filter(|line| line.starts_with(begin)).count();
    let mut wrong = Vec::new();
    if !has_hangul(&ko) || has_hangul(&en) || en.trim().is_empty() {
        wrong.push("task.ko.md is not Korean, or task.en.md not English".to_owned());
    }
    for begin in ["#", "- ", "```"] {
        if count(&ko, begin) != count(&en, begin) {
            wrong.push(format!("the tasks differ in their lines that begin with '{begin}'"));
        }
    }
    wrong
}

/// The files below a folder, as paths in it. What Python leaves behind is not ours.
fn found(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("__pycache__") {
                folders.push(path);
            } else if path.is_file() {
                let path = path.strip_prefix(folder).expect("it is below").to_string_lossy().replace('\\', "/");
                found.insert(path);
            }
        }
    }
    found
}

/// Submissions are plain code of the field: they name nothing of the grader's.
fn names_kit(lab: &Lab) -> Vec<String> {
    let mut wrong = Vec::new();
    for track in lab.manifest.tracks() {
        let mutants = lab.manifest.mutants.iter().filter(|mutant| mutant.track == track);
        let files = ["starter", "solution"].map(|role| track.file(role)).into_iter();
        for file in files.chain(mutants.map(|mutant| format!("mutants/{}", mutant.file))) {
            let source = fs::read_to_string(lab.folder.join(&file)).unwrap_or_default();
            if let Some(line) = plain::names_the_grader(&source) {
                wrong.push(format!("{file} names the kit in line {line}"));
            }
        }
    }
    wrong
}
