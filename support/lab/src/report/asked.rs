//! Questions that the reader answered before the run (`--ask`), and what the run showed.

use serde::{Deserialize, Serialize};

use crate::lang::Text;

/// A question with its options, the reader's answer, and what was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The question.
    pub question: Text,
    /// What could be answered: a, b, c, …
    pub options: Vec<Text>,
    /// The option that the reader chose, from 0.
    pub answer: usize,
    /// What the run showed.
    pub seen: Seen,
}

/// What a run showed about a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Seen {
    /// This option came true, from 0.
    Option {
        /// Its place among the options.
        option: usize,
        /// What was measured.
        evidence: Text,
    },
    /// This run could not decide, for this reason.
    NotMeasured(Text),
}

impl Asked {
    /// Whether it came as the reader said; `None` if it was not measured.
    pub fn is_right(&self) -> Option<bool> {
        match self.seen {
            Seen::Option { option, .. } => Some(option == self.answer),
            Seen::NotMeasured(_) => None,
        }
    }
}

/// The letter of an option on the page and on the command line.
pub fn letter(option: usize) -> char {
    u8::try_from(option).ok().filter(|n| *n < 26).map_or('?', |n| char::from(b'a' + n))
}
