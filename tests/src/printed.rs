//! The blocks of printed output that the book shows (`docs/printed.toml`). `cargo run -p tests` regenerates their files; a test
//! compares their structure with what the programs print now.

use std::fs;
use std::path::PathBuf;

use serde::Deserialize;

use crate::run::{Profile, run, run_in};
use crate::workspace::workspace;

/// The languages in which every block is kept.
pub const LANGUAGES: [&str; 2] = ["ko", "en"];

/// An experiment whose output the book shows, in both languages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// The program, and the folder below `docs/printed`.
    pub package: String,
    /// The experiment, and the file's name before the language.
    pub experiment: String,
    /// The other arguments.
    pub args: Vec<String>,
    /// Whether the book shows what the release build prints.
    #[serde(default)]
    pub release: bool,
    /// The arguments of the debug build with which a test compares the structure, where the release build's take too long.
    pub test_args: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Blocks {
    block: Vec<Block>,
    picture: Vec<Block>,
}

/// All blocks, in the order of `docs/printed.toml`.
pub fn blocks() -> Vec<Block> {
    read().block
}

/// The experiments whose drawings the book shows as pictures.
pub fn pictures() -> Vec<Block> {
    read().picture
}

fn read() -> Blocks {
    let path = workspace().join("docs/printed.toml");
    let words = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    basic_toml::from_str(&words).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

impl Block {
    /// The file below `docs/printed`.
    pub fn file(&self, language: &str) -> String {
        format!("{}/{}.{language}.txt", self.package, self.experiment)
    }

    /// Where the file is.
    pub fn path(&self, language: &str) -> PathBuf {
        workspace().join("docs/printed").join(self.file(language))
    }

    /// The picture below `docs/printed`.
    pub fn picture_file(&self, language: &str) -> String {
        format!("{}/{}.{language}.svg", self.package, self.experiment)
    }

    /// Regenerates the picture.
    pub fn draw(&self, language: &str) {
        let file = workspace().join("docs/printed").join(self.picture_file(language));
        let file = file.to_str().expect("our own paths are UTF-8");
        let mut args = vec![self.experiment.as_str(), "--lang", language, "--svg", file];
        args.extend(self.args.iter().map(String::as_str));
        run(&self.package, &args).ends_with(0);
    }

    /// What the program prints now, as the book shows it.
    pub fn print(&self, language: &str) -> String {
        let profile = if self.release { Profile::Release } else { Profile::Own };
        self.run(profile, &self.args, language)
    }

    /// What the program of the tests' own profile prints, for its structure.
    pub fn print_for_test(&self, language: &str) -> String {
        self.run(Profile::Own, self.test_args.as_ref().unwrap_or(&self.args), language)
    }

    fn run(&self, profile: Profile, args: &[String], language: &str) -> String {
        let mut all = vec![self.experiment.as_str(), "--lang", language];
        all.extend(args.iter().map(String::as_str));
        run_in(profile, &self.package, &all).ends_with(0).out
    }
}

/// The part of a page that is the same in every run and on every machine: the words of each paragraph, each once, in the order in which
/// they first occur. Numbers, units, bars, table cells after the first column, evidence in parentheses, verdicts, notes and the `⇒`
/// sentence depend on the measurement and are left out.
pub fn structure(page: &str) -> Vec<String> {
    page.split("\n\n").map(paragraph).filter(|words| !words.is_empty()).collect()
}

fn paragraph(lines: &str) -> String {
    if lines.trim_start().starts_with("- ") {
        return String::new();
    }
    // The sentence depends on the measurement; only its presence is compared.
    if lines.trim_start().starts_with('⇒') {
        return "⇒".to_owned();
    }
    let first_cells: Vec<&str> = lines.lines().map(first_cell).collect();
    let mut text = without_parentheses(&first_cells.join(" "));
    for verdict in ["[맞지 않음]", "[맞음]", "[측정하지 않음]", "[does not hold]", "[holds]", "[not measured]"]
    {
        text = text.replace(verdict, " ");
    }
    let mut words: Vec<String> = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_ascii_digit()) {
        let word = without_unit(word.trim_matches(|c: char| !c.is_alphabetic()));
        if !word.is_empty() && !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    // A first screen has each claim once for each outcome: where it stands depends on the measurement.
    if lines.trim_start().starts_with('[') {
        words.sort();
    }
    words.join(" ")
}

/// The word, or in Korean the particle that follows a unit without a blank: "ms가" becomes "가".
fn without_unit(word: &str) -> &str {
    let rest = |unit: &&str| word.strip_prefix(*unit).filter(|rest| rest.chars().all(|c| !c.is_ascii()));
    ["ms", "µs", "ns", "s", "KiB", "MiB", "B"].iter().find_map(rest).unwrap_or(word)
}

/// The name of a lane, the first column of a table, or the whole line.
fn first_cell(line: &str) -> &str {
    let row = line.strip_prefix('│').unwrap_or(line);
    // `┤` ends the label of a chart's axis: what follows is drawn from the measurement.
    row.split(['│', '┆', '┤']).next().unwrap_or_default()
}

fn without_parentheses(text: &str) -> String {
    let mut depth = 0usize;
    let keep = |c: &char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    };
    text.chars().filter(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timings_bars_and_the_order_of_threads_do_not_count() {
        let a = "스레드 0 시작\n스레드 1 시작\n\n스레드 0 │██  │\n└──┴\n 0  1.5 ms\n\n[맞음] 주장 (2.5배)\n\n⇒ 걸린 시간 3.20 ms가 듭니다.";
        let b = "스레드 1 시작\n스레드 0 시작\n\n스레드 0 │ ███│\n└─┴┴\n 0  99 µs\n\n[측정하지 않음] 주장 (컴퓨터가\n  바쁨)\n\n⇒ 걸린 시간\n  12 s가 듭니다.";
        assert_eq!(structure(a), structure(b));
    }

    #[test]
    fn the_drawing_of_a_chart_and_the_outcomes_of_claims_do_not_count() {
        let a =
            "speed\n 1.0× ┤ab··╌\n      │ ·a·\n      a Rust   b╌ limit\n\n[holds] Rust; CPython: x\n[holds] Rust: y";
        let b = "speed\n 1.0× ┤···ba\n      │  ·\n      a Rust\n      b╌ limit\n\n[holds] Rust: x\n[not measured] CPython: x (busy)\n[holds] Rust: y";
        assert_eq!(structure(a), structure(b));
        assert_ne!(structure(a), structure(&a.replace("b╌ limit", "b╌ law")), "the legend counts");
        assert_ne!(structure(a), structure(&a.replace(": y", ": z")), "a claim counts");
    }

    #[test]
    fn words_count() {
        assert_ne!(structure("스레드 0 시작"), structure("스레드 0 완료"));
        assert_ne!(structure("a\nb"), structure("b\na"));
        assert_ne!(structure("│ 시간 ┆ 3 │"), structure("│ 횟수 ┆ 3 │"));
        assert_ne!(structure("a\n\nb"), structure("a"), "a paragraph is missing");
    }
}
