//! The files of a lab: complete, in both languages, and none that nobody knows.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use lab::lang::{Text, has_hangul};
use lab::text;

use crate::labs::Lab;
use crate::plain;

/// A track has at least so many wrong solutions.
const MUTANTS: usize = 5;

/// What is wrong with a lab's files, one line each.
pub fn mistakes(lab: &Lab) -> Vec<Text> {
    let mut wrong = lab.manifest.mistakes();
    wrong.extend(texts(&lab.folder));
    let mut known: BTreeSet<String> = ["lab.toml", "promises.rs", "task.ko.md", "task.en.md"].map(str::to_owned).into();
    for track in lab.manifest.tracks() {
        known.extend(["driver", "starter", "solution"].map(|role| track.file(role)));
        let mutants = lab.manifest.mutants.iter().filter(|mutant| mutant.track == track);
        known.extend(mutants.clone().map(|mutant| format!("mutants/{}", mutant.file)));
        if mutants.count() < MUTANTS {
            wrong.push(text!("한 트랙의 오답이 {MUTANTS}개보다 적습니다", "fewer than {MUTANTS} mutants in one track"));
        }
    }
    for mutant in &lab.manifest.mutants {
        let end = Path::new(&mutant.file).extension().and_then(|end| end.to_str());
        if end != Some(mutant.track.extension()) {
            let file = &mutant.file;
            wrong.push(text!("오답 {file}: 그 트랙의 파일이 아닙니다", "mutant {file}: not a file of its track"));
        }
    }
    let found = found(&lab.folder);
    wrong.extend(known.difference(&found).map(|name| text!("{name}이(가) 없습니다", "{name} is missing")));
    wrong.extend(
        found
            .difference(&known)
            .map(|name| text!("{name}: lab.toml에 없는 파일입니다", "{name} is not named in lab.toml")),
    );
    wrong.extend(names_kit(lab));
    wrong
}

/// Both tasks, with the same headings, each in its language.
fn texts(folder: &Path) -> Vec<Text> {
    let read = |code: &str| fs::read_to_string(folder.join(format!("task.{code}.md"))).unwrap_or_default();
    let (ko, en) = (read("ko"), read("en"));
    let count = |page: &str, begin: &str| page.lines().filter(|line| line.starts_with(begin)).count();
    let mut wrong = Vec::new();
    if !has_hangul(&ko) || has_hangul(&en) || en.trim().is_empty() {
        wrong.push(text!(
            "task.ko.md가 한국어가 아니거나 task.en.md가 영어가 아닙니다",
            "task.ko.md is not Korean, or task.en.md not English"
        ));
    }
    for begin in ["#", "- ", "```"] {
        if count(&ko, begin) != count(&en, begin) {
            wrong.push(text!(
                "두 과제 글에서 '{begin}'(으)로 시작하는 줄의 수가 다릅니다",
                "the tasks differ in their lines that begin with '{begin}'"
            ));
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
fn names_kit(lab: &Lab) -> Vec<Text> {
    let mut wrong = Vec::new();
    for track in lab.manifest.tracks() {
        let mutants = lab.manifest.mutants.iter().filter(|mutant| mutant.track == track);
        let files = ["starter", "solution"].map(|role| track.file(role)).into_iter();
        for file in files.chain(mutants.map(|mutant| format!("mutants/{}", mutant.file))) {
            let source = fs::read_to_string(lab.folder.join(&file)).unwrap_or_default();
            if let Some(line) = plain::names_the_grader(&source) {
                wrong.push(text!(
                    "{file}의 {line}행에 kit이라는 이름이 있습니다",
                    "{file} names the kit in line {line}"
                ));
            }
        }
    }
    wrong
}
