//! What the book says of each lab: written from the labs' `lab.toml` into `docs/labs`, so that no fact stands in two places.
//! `cargo run -p tests -- labs` writes the files anew; a test compares them.
//!
//! - `NN.task.LANGUAGE.md`: for students. Title, section, minutes, idea, what may be changed, promises; no wrong solutions.
//! - `NN.head.LANGUAGE.md` and `NN.wrong.LANGUAGE.md`: for the teacher. Title and facts; the wrong solutions and what catches them.
//! - `sheet.LANGUAGE.md`: the table of labs on the sheet to hand out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use lab::lang::Text;
use serde::Deserialize;

use crate::printed::LANGUAGES;
use crate::workspace::workspace;

/// The part of a `lab.toml` that the book shows.
#[derive(Debug, Deserialize)]
pub struct Lab {
    /// From the name of the folder.
    #[serde(skip)]
    pub number: u32,
    title: Text,
    section: String,
    minutes: u32,
    idea: Text,
    touch: Text,
    starter_fails: BTreeMap<String, Vec<String>>,
    /// What a submission must keep.
    pub promises: Vec<Promise>,
    mutants: Vec<Mutant>,
}

/// What a submission promises.
#[derive(Debug, Deserialize)]
pub struct Promise {
    /// Its name in the grader's output.
    pub id: String,
    ko: String,
    en: String,
    points: u32,
    track: Option<String>,
    needs: Option<String>,
}

/// A wrong solution.
#[derive(Debug, Deserialize)]
struct Mutant {
    file: String,
    promise: String,
    why: Text,
}

/// All labs, in order.
pub fn labs() -> Vec<Lab> {
    let mut labs: Vec<Lab> = fs::read_dir(workspace().join("exercises/labs"))
        .map(|entries| entries.filter_map(|entry| read(&entry.ok()?.path())).collect())
        .unwrap_or_default();
    labs.sort_by_key(|lab| lab.number);
    labs
}

fn read(folder: &std::path::Path) -> Option<Lab> {
    let number = folder.file_name()?.to_str()?.split('-').next()?.parse().ok()?;
    let file = folder.join("lab.toml");
    let words = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let lab: Lab = basic_toml::from_str(&words).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    Some(Lab { number, ..lab })
}

/// All files below `docs/labs` with their contents.
pub fn files() -> BTreeMap<PathBuf, String> {
    let folder = workspace().join("docs/labs");
    let labs = labs();
    let mut files = BTreeMap::new();
    for language in LANGUAGES {
        for lab in &labs {
            for (part, words) in
                [("task", lab.task(language)), ("head", lab.head(language)), ("wrong", lab.wrong(language))]
            {
                files.insert(folder.join(format!("{:02}.{part}.{language}.md", lab.number)), words);
            }
        }
        files.insert(folder.join(format!("sheet.{language}.md")), sheet(&labs, language));
    }
    files
}

/// Writes all files anew.
pub fn write() -> std::io::Result<()> {
    let folder = workspace().join("docs/labs");
    fs::create_dir_all(&folder)?;
    let files = files();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if !files.contains_key(&path) {
            fs::remove_file(path)?;
        }
    }
    files.iter().try_for_each(|(path, words)| fs::write(path, words))
}

/// A page of the book and its title in both languages: where a lab's section is explained.
fn page(section: &str) -> (&'static str, [&'static str; 2]) {
    match section {
        "threading" => ("threading.md", ["멀티스레딩", "Multithreading"]),
        "asyncio" => ("asyncio.md", ["asyncio", "asyncio"]),
        "multiprocessing" => ("multiprocessing.md", ["멀티프로세싱", "Multiprocessing"]),
        "mutex" => ("mutex.md", ["뮤텍스(Mutex)", "The mutex"]),
        "gil-sim" => ("gil.md", ["GIL(Global Interpreter Lock)", "The GIL"]),
        "compare" => ("compare.md", ["병렬 처리 기법 비교", "The techniques compared"]),
        other => panic!("the book has no page for the section '{other}' of a lab"),
    }
}

fn of<'a>(text: &'a Text, language: &str) -> &'a str {
    if language == "ko" { &text.ko } else { &text.en }
}

/// In one line, as a list and a table need it.
fn line(words: &str) -> String {
    words.trim().replace('\n', " ")
}

impl Lab {
    fn heading(&self, language: &str) -> String {
        format!("## {}. {} {{#lab-{}}}\n\n", self.number, of(&self.title, language), self.number)
    }

    fn facts(&self, language: &str) -> String {
        let (file, [ko, en]) = page(&self.section);
        let tracks = if self.starter_fails.contains_key("python") {
            ["Rust, 파이썬", "Rust, Python"]
        } else {
            ["Rust", "Rust"]
        };
        match language {
            "ko" => format!("{}분 · {} · 글의 절: [{ko}]({file})\n\n", self.minutes, tracks[0]),
            _ => format!("{} minutes · {} · section: [{en}]({file})\n\n", self.minutes, tracks[1]),
        }
    }

    fn task(&self, language: &str) -> String {
        let (may, promised) = match language {
            "ko" => ("고쳐도 되는 것", "약속"),
            _ => ("What you may change", "Promises"),
        };
        let mut words = self.heading(language) + &self.facts(language);
        words += &format!("{}\n\n", of(&self.idea, language).trim());
        words += &format!("**{may}:** {}\n\n**{promised}:**\n\n", of(&self.touch, language).trim());
        for promise in &self.promises {
            words += &format!("- `{}`: {}{}\n", promise.id, line(promise.text(language)), promise.only(language));
        }
        words
    }

    fn head(&self, language: &str) -> String {
        let points: u32 = self.promises.iter().map(|promise| promise.points).sum();
        let (promises, link) = (self.promises.len(), format!("labs-tasks.md#lab-{}", self.number));
        let counted = match language {
            "ko" => format!("[학생용 설명]({link}): 약속 {promises}개, {points}점"),
            _ => format!("[For students]({link}): {promises} promises, {points} points"),
        };
        format!("{}{}{counted}\n", self.heading(language), self.facts(language))
    }

    fn wrong(&self, language: &str) -> String {
        let ko = language == "ko";
        let mut words = String::from(if ko {
            "**자주 틀리는 것**, 깨지는 약속별로:\n\n"
        } else {
            "**What students get wrong,** by the promise that it breaks:\n\n"
        });
        for promise in &self.promises {
            // The same mistake in both languages is told once.
            let mut mistakes: Vec<(&Text, Vec<String>)> = Vec::new();
            for mutant in self.mutants.iter().filter(|mutant| mutant.promise == promise.id) {
                let file = format!("`{}`", mutant.file);
                match mistakes.iter_mut().find(|(why, _)| **why == mutant.why) {
                    Some((_, files)) => files.push(file),
                    None => mistakes.push((&mutant.why, vec![file])),
                }
            }
            if !mistakes.is_empty() {
                words += &format!("- `{}`\n", promise.id);
            }
            for (why, files) in mistakes {
                words += &format!("  - {}: {}\n", files.join(", "), line(of(why, language)));
            }
        }
        let starter = if ko { "출발점이 어기는 약속" } else { "The starter breaks" };
        let fails = |ids: &Vec<String>| ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
        let fails: BTreeSet<String> = self.starter_fails.values().map(fails).collect();
        // Usually the same in both languages.
        words + &format!("\n{starter}: {}.\n", fails.into_iter().collect::<Vec<_>>().join(" / "))
    }
}

impl Promise {
    /// Where it is asked, if not everywhere.
    fn only(&self, language: &str) -> String {
        let track = self.track.as_deref().map(|track| match (track, language) {
            ("rust", _) => "Rust",
            ("python", "ko") => "파이썬",
            ("python", _) => "Python",
            (other, _) => panic!("promise {}: the book has no name for the track '{other}'", self.id),
        });
        let needs = self.needs.as_deref().map(|needs| match (needs, language) {
            ("no_gil", "ko") => "GIL이 없을 때",
            ("no_gil", _) => "without a GIL",
            ("gil", "ko") => "GIL이 있을 때",
            ("gil", _) => "with a GIL",
            (other, _) => panic!("promise {}: the book has no words for '{other}'", self.id),
        });
        let only: Vec<&str> = track.into_iter().chain(needs).collect();
        if only.is_empty() { String::new() } else { format!(" ({})", only.join(", ")) }
    }

    fn text(&self, language: &str) -> &str {
        if language == "ko" { &self.ko } else { &self.en }
    }
}

fn sheet(labs: &[Lab], language: &str) -> String {
    let mut words = String::from(match language {
        "ko" => "| 실습 | 처음 깨진 약속 | 어느 줄 때문에, 왜 |\n",
        _ => "| lab | first broken promise | which line, and why |\n",
    });
    words += "|---|---|---|\n";
    for lab in labs {
        words += &format!("| {}. {} | | |\n", lab.number, line(of(&lab.title, language)));
    }
    words
}
