//! From a sentence to the numbers that the model knows, and back.

use std::collections::HashMap;

/// Starts a translation.
pub const START: usize = 0;
/// Ends a sentence.
pub const END: usize = 1;

/// The numbers of the source language's characters and words.
#[derive(Clone, Debug)]
pub struct Source(HashMap<String, usize>);

impl Source {
    /// Of a list of words: the place is the number.
    pub fn new(words: Vec<String>) -> Source {
        Source(words.into_iter().enumerate().map(|(number, word)| (word, number)).collect())
    }

    /// The numbers of a sentence, its end included; and how many words it has that the model does not know, which are left out.
    pub fn tokens(&self, sentence: &str) -> (Vec<usize>, usize) {
        let words = words(sentence);
        let mut tokens: Vec<usize> = words.iter().filter_map(|word| self.0.get(word).copied()).collect();
        let unknown = words.len() - tokens.len();
        tokens.push(END);
        (tokens, unknown)
    }
}

/// Every character stands alone, but for Latin letters and quotes: those are words as far as the next blank or other character.
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
        let source = Source::new(["SOS", "EOS", "我", "很", "tom"].map(str::to_owned).to_vec());
        assert_eq!(source.tokens("我愛Tom很"), (vec![2, 4, 3, END], 1));
        assert_eq!(source.tokens(""), (vec![END], 0));
    }
}
