//! The languages of the labs.

use lab::cli::Choice;
use serde::{Deserialize, Serialize};

/// The language of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", try_from = "String")]
pub enum Track {
    /// `submission.rs`.
    Rust,
    /// `submission.py`.
    Python,
}

impl Track {
    /// The end of its files' names.
    pub fn extension(self) -> &'static str {
        match self {
            Track::Rust => "rs",
            Track::Python => "py",
        }
    }

    /// The file of a role: `starter.rs`, `solution.py`, `submission.rs`.
    pub fn file(self, role: &str) -> String {
        format!("{role}.{}", self.extension())
    }
}

/// By its word: basic-toml reads no enum as the key of a table.
impl TryFrom<String> for Track {
    type Error = String;

    fn try_from(word: String) -> Result<Track, String> {
        let found = Track::WORDS.iter().find(|(known, _)| *known == word);
        found.map(|(_, track)| *track).ok_or_else(|| format!("no track '{word}': rust, python"))
    }
}

impl Choice for Track {
    const WORDS: &'static [(&'static str, Track)] = &[("rust", Track::Rust), ("python", Track::Python)];
}
