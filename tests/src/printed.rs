//! The blocks of printed output that the book shows: files that a command regenerates (`cargo run -p tests`), and whose
//! structure is compared with what the programs print today (`docs/printed.toml`).

use std::fs;
use std::path::PathBuf;

use serde::Deserialize;

use crate::run::{run, workspace};

/// A file of printed output and the command that prints it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// Name below `docs/printed`.
    pub file: String,
    /// The program.
    pub package: String,
    /// Its arguments.
    pub args: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Blocks {
    block: Vec<Block>,
}

/// All blocks, in the order of `docs/printed.toml`.
pub fn blocks() -> Vec<Block> {
    let path = workspace().join("docs/printed.toml");
    let words = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let blocks: Blocks = toml::from_str(&words).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    blocks.block
}

impl Block {
    /// Where it is kept.
    pub fn path(&self) -> PathBuf {
        workspace().join("docs/printed").join(&self.file)
    }

    /// What the program prints now.
    pub fn print(&self) -> String {
        let args: Vec<&str> = self.args.iter().map(String::as_str).collect();
        run(&self.package, &args).ends_with(0).out
    }
}

/// What stays the same from run to run and from machine to machine: words, in order, without numbers, units, verdicts, bars,
/// and the order of lines that differ in numbers alone.
pub fn structure(page: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in page.split("\n\n") {
        let words = paragraph.replace("[맞지 않음]", "[…]").replace("[맞음]", "[…]").replace("[측정하지 않음]", "[…]");
        let words = words.replace("[does not hold]", "[…]").replace("[not measured]", "[…]").replace("[holds]", "[…]");
        let mut kept: Vec<String> = words.lines().filter_map(line_structure).collect();
        kept.dedup();
        lines.extend(kept);
    }
    lines.dedup();
    lines
}

/// The words of a line that are no measurement; `None` if nothing is left.
fn line_structure(line: &str) -> Option<String> {
    // Evidence, in parentheses, is measurement; tables and lanes keep only their names, in the first column.
    let line = line.split(['│', '┆']).map(str::trim).find(|cell| !cell.is_empty())?;
    let no_digits = line.split(|c: char| c.is_ascii_digit()).collect::<Vec<_>>().join(" ");
    let is_word = |word: &&str| {
        word.chars().any(char::is_alphabetic) && !["ms", "µs", "ns", "s", "KiB", "MiB", "B"].contains(word)
    };
    let words: Vec<&str> = no_digits.split_whitespace().filter(is_word).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timings_bars_and_order_of_twins_do_not_count() {
        let a = "스레드 0 시작\n스레드 1 시작\n\n스레드 0 │██  │\n└──┴\n 0  1.5 ms\n\n⇒ 걸린 시간 3.20 ms.";
        let b = "스레드 1 시작\n스레드 0 시작\n\n스레드 0 │ ███│\n└─┴┴\n 0  99 µs\n\n⇒ 걸린 시간 12 s.";
        assert_eq!(structure(a), structure(b));
    }

    #[test]
    fn words_count() {
        assert_ne!(structure("스레드 0 시작"), structure("스레드 0 완료"));
        assert_ne!(structure("a\nb"), structure("b\na"));
        assert_ne!(structure("│ 시간 ┆ 3 │"), structure("│ 횟수 ┆ 3 │"));
    }
}
