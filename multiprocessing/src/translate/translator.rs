//! The model and its two vocabularies, ready to translate.

use std::fs;
use std::path::Path;

use lab::lang::Text;
use lab::{Error, Result, text};

use super::decode;
use super::model::{DECODER, ENCODER, Layout};
use super::tokenize::SourceVocabulary;
use super::weights::{Loading, Weights};

/// The folder of the model that comes with the project; its `SOURCES.md` names the origin.
pub const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/translate");

/// Replaces the translation of a sentence without a known character.
pub const UNTRANSLATABLE: &str = "[?]";

/// Translates Chinese to English.
#[derive(Debug)]
pub struct Translator {
    weights: Weights,
    layout: Layout,
    source: SourceVocabulary,
    words: Vec<String>,
}

impl Translator {
    pub fn open(folder: &Path, loading: Loading) -> Result<Translator> {
        let path = folder.join("model.safetensors");
        let weights = Weights::open(&path, loading).map_err(|e| unreadable(&path, Text::same(e.to_string())))?;
        let layout = Layout::of(&weights).map_err(|why| unreadable(&path, why))?;
        let source = vocabulary(&folder.join("input.vocab.json"), layout.tokens[ENCODER])?;
        let words = vocabulary(&folder.join("output.vocab.json"), layout.tokens[DECODER])?;
        Ok(Translator { weights, layout, source: SourceVocabulary::new(source), words })
    }

    /// Translates a sentence; an empty line stays empty. For a sentence without a known character the model would invent a translation:
    /// [`UNTRANSLATABLE`] is returned instead.
    pub fn translate(&self, sentence: &str) -> String {
        let (tokens, unknown) = self.source.tokens(sentence);
        if tokens.len() == 1 {
            return if unknown == 0 { String::new() } else { UNTRANSLATABLE.to_owned() };
        }
        let translation = decode::translate(&self.layout, &self.weights, &tokens);
        let words: Vec<&str> = translation.iter().map(|token| self.words[*token].as_str()).collect();
        words.join(" ")
    }

    /// The number of characters and words of a sentence that the model does not know.
    pub fn unknown(&self, sentence: &str) -> usize {
        self.source.tokens(sentence).1
    }
}

/// Reads a JSON list with as many words as the model has tokens.
fn vocabulary(path: &Path, tokens: usize) -> Result<Vec<String>> {
    let json = fs::read_to_string(path).map_err(|e| unreadable(path, Text::same(e.to_string())))?;
    let words: Vec<String> = serde_json::from_str(&json).map_err(|e| unreadable(path, Text::same(e.to_string())))?;
    let found = words.len();
    if found == tokens {
        return Ok(words);
    }
    let why = text!("단어가 {tokens}개여야 하는데 {found}개입니다", "{found} words, but the model has {tokens}");
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
        for loading in [Loading::Copied, Loading::Mapped] {
            let translator = Translator::open(Path::new(FOLDER), loading).unwrap();
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

    #[test]
    fn a_file_that_is_not_the_model_is_refused_with_its_name() {
        let home = tempfile::tempdir().unwrap();
        let real = |name: &str| fs::read(Path::new(FOLDER).join(name)).unwrap();
        let put = |name: &str, bytes: &[u8]| fs::write(home.path().join(name), bytes).unwrap();
        let model = real("model.safetensors");
        let mut infinite = model.clone();
        *infinite.last_mut().unwrap() = 0x7c;
        let renamed = String::from_utf8_lossy(&model[..1096]).replace("decoder.out.bias", "decoder.out.bits");
        let renamed = [renamed.as_bytes(), &model[1096..]].concat();
        let cut = &model[..model.len() - 2];
        for wrong in [&[][..], b"no model", cut, &infinite, &renamed] {
            put("model.safetensors", wrong);
            for loading in [Loading::Copied, Loading::Mapped] {
                let error = Translator::open(home.path(), loading).unwrap_err();
                assert!(error.code() == 1 && error.text().en.contains("model.safetensors"), "{error}");
            }
        }
        put("model.safetensors", &model);
        put("output.vocab.json", &real("output.vocab.json"));
        for wrong in [&b"[\"a\"]"[..], b"{}", b"\xff"] {
            put("input.vocab.json", wrong);
            assert!(Translator::open(home.path(), Loading::Mapped).unwrap_err().text().en.contains("input.vocab.json"));
        }
        put("input.vocab.json", &real("input.vocab.json"));
        assert!(Translator::open(home.path(), Loading::Mapped).is_ok(), "all files right");
    }
}
