//! The model and its two vocabularies, ready to translate.

use std::fs;
use std::path::Path;

use lab::lang::Text;
use lab::{Error, Result, text};

use super::decode;
use super::model::{DECODER, ENCODER, Layout};
use super::tokenize::Source;

/// Where the model is that comes with the project; `SOURCES.md` beside it says where it is from.
pub const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/translate");

/// Chinese to English.
#[derive(Debug)]
pub struct Translator {
    weights: Vec<u8>,
    layout: Layout,
    source: Source,
    words: Vec<String>,
}

impl Translator {
    /// Opens the model of a folder.
    pub fn open(folder: &Path) -> Result<Translator> {
        let path = folder.join("model.safetensors");
        let weights = fs::read(&path).map_err(|e| unreadable(&path, Text::same(e.to_string())))?;
        let layout = Layout::of(&weights).map_err(|why| unreadable(&path, why))?;
        let source = vocabulary(&folder.join("input.vocab.json"), layout.tokens[ENCODER])?;
        let words = vocabulary(&folder.join("output.vocab.json"), layout.tokens[DECODER])?;
        Ok(Translator { weights, layout, source: Source::new(source), words })
    }

    /// Translates a sentence.
    pub fn translate(&self, sentence: &str) -> String {
        let (tokens, _) = self.source.tokens(sentence);
        let translation = decode::translate(&self.layout, &self.weights, &tokens);
        let words: Vec<&str> = translation.iter().map(|token| self.words[*token].as_str()).collect();
        words.join(" ")
    }

    /// How many characters and words of a sentence the model does not know.
    pub fn unknown(&self, sentence: &str) -> usize {
        self.source.tokens(sentence).1
    }
}

/// A JSON list of as many words as the model has tokens.
fn vocabulary(path: &Path, tokens: usize) -> Result<Vec<String>> {
    let json = fs::read_to_string(path).map_err(|e| unreadable(path, Text::same(e.to_string())))?;
    let words: Vec<String> = serde_json::from_str(&json).map_err(|e| unreadable(path, Text::same(e.to_string())))?;
    let found = words.len();
    if found == tokens {
        return Ok(words);
    }
    let why = text!("단어가 {tokens}개여야 하는데 {found}개입니다", "{found} words where the model has {tokens}");
    Err(unreadable(path, why))
}

fn unreadable(path: &Path, why: Text) -> Error {
    let path = path.display();
    Error::failed(Text {
        ko: format!("{path}: 번역 모델을 읽을 수 없습니다: {}", why.ko),
        en: format!("{path}: the translation model cannot be read: {}", why.en),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Outputs of another implementation, from SOURCES.md.
    #[test]
    fn the_reference_translations_come_out() {
        let translator = Translator::open(Path::new(FOLDER)).unwrap();
        for (sentence, known) in [
            ("我很高興。", "i'm very happy ."),
            ("你會說英語嗎？", "can you speak english ?"),
            ("我們昨天去了學校。", "we go to school yesterday ."),
            ("湯姆不在床上。", "tom didn't go to bed ."),
            ("他是一個好學生。", "he is a good student ."),
            ("她每天早上喝咖啡。", "she goes coffee for coffee ."),
        ] {
            assert_eq!(translator.translate(sentence), known, "{sentence}");
        }
    }
}
