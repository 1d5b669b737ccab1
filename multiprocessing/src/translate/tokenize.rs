//! From a sentence to the numbers of the model's tokens.

use std::collections::HashMap;

/// Starts a translation.
pub const START: usize = 0;
/// Ends a sentence.
pub const END: usize = 1;

/// The numbers of the source language's tokens: characters, and Latin words.
#[derive(Clone, Debug)]
pub struct SourceVocabulary(HashMap<String, usize>);

impl SourceVocabulary {
    /// The number of a word is its place in the list.
    pub fn new(words: Vec<String>) -> SourceVocabulary {
        SourceVocabulary(words.into_iter().enumerate().map(|(number, word)| (word, number)).collect())
    }

    /// The tokens of a sentence with the end token, and the number of unknown words, which are left out.
    pub fn tokens(&self, sentence: &str) -> (Vec<usize>, usize) {
        let words = words(sentence);
        let mut tokens: Vec<usize> = words.iter().filter_map(|word| self.0.get(word).copied()).collect();
        let unknown = words.len() - tokens.len();
        tokens.push(END);
        (tokens, unknown)
    }
}

/// Every character is a word of its own, except Latin letters and quotes: a run of those is one word.
fn words(sentence: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut in_word = false;
    for c in sentence.trim().to_lowercase().chars() {
        let in_one_before = in_word;
        in_word = c.is_ascii_lowercase() || c == '"' || c == '\'';
        match words.last_mut() {
            Some(word) if in_word && in_one_before => word.push(c),
            _ if c == ' ' => {}
            _ => words.push(c.into()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_stand_alone_and_latin_words_stay_together() {
        assert_eq!(words(" 他是 Tom's\"朋友\"。\n"), ["他", "是", "tom's\"", "朋", "友", "\"", "。"]);
        assert_eq!(words("a b7c"), ["a", "b", "7", "c"]);
        assert!(words("  ").is_empty());
    }

    #[test]
    fn the_unknown_is_left_out_and_counted() {
        let source = SourceVocabulary::new(["SOS", "EOS", "我", "很", "tom"].map(str::to_owned).to_vec());
        assert_eq!(source.tokens("我愛Tom很"), (vec![2, 4, 3, END], 1));
        assert_eq!(source.tokens(""), (vec![END], 0));
    }
}
