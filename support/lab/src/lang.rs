//! Texts in two languages: every text is written in one place, in Korean and in English.

use std::fmt;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// The languages of the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// Korean, the language of the article.
    Ko,
    /// English.
    En,
}

impl Lang {
    /// The value of `--lang` that chooses this language.
    pub fn code(self) -> &'static str {
        match self {
            Lang::Ko => "ko",
            Lang::En => "en",
        }
    }

    /// Reads a value of `--lang`.
    pub fn from_code(code: &str) -> Option<Lang> {
        match code {
            "ko" => Some(Lang::Ko),
            "en" => Some(Lang::En),
            _ => None,
        }
    }

    /// The language of the locale, by POSIX's order of precedence; Korean where it names neither.
    pub fn from_locale(var: impl Fn(&str) -> Option<String>) -> Lang {
        let locale =
            ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| var(name).filter(|value| !value.is_empty()));
        match locale {
            Some(name) if name.starts_with("en") => Lang::En,
            _ => Lang::Ko,
        }
    }
}

static CURRENT: OnceLock<Lang> = OnceLock::new();

/// Chooses the language of this process. The first call decides; later ones change nothing.
pub fn choose(lang: Lang) {
    // A second choice would switch languages in the middle of a page.
    let _ = CURRENT.set(lang);
}

/// The language of this process: the one chosen, else the locale's.
pub fn current() -> Lang {
    *CURRENT.get_or_init(|| Lang::from_locale(|name| std::env::var(name).ok()))
}

/// One text in both languages. Made by [`text!`](crate::text).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Korean.
    pub ko: String,
    /// English.
    pub en: String,
}

impl From<&str> for Text {
    fn from(word: &str) -> Text {
        Text::same(word)
    }
}

impl From<&String> for Text {
    fn from(word: &String) -> Text {
        Text::same(word)
    }
}

impl From<&Text> for Text {
    fn from(text: &Text) -> Text {
        text.clone()
    }
}

impl From<String> for Text {
    fn from(word: String) -> Text {
        Text::same(word)
    }
}

impl Text {
    /// A text that is the same in both languages: a number, a path, a name from an API.
    pub fn same(word: impl Into<String>) -> Text {
        let ko = word.into();
        Text { en: ko.clone(), ko }
    }

    /// The text in the given language.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Ko => &self.ko,
            Lang::En => &self.en,
        }
    }
}

/// In the language of this process.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.get(current()))
    }
}

/// Whether a string contains Hangul; `const`, so that [`text!`](crate::text) checks it at compile time.
pub const fn has_hangul(s: &str) -> bool {
    let bytes = s.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        // Hangul syllables U+AC00..U+D7A3 are three bytes long and begin with 0xEA (from 0xB0 on), 0xEB, 0xEC or 0xED (up to 0x9F).
        let lead = bytes[i];
        if lead == 0xEB || lead == 0xEC {
            return true;
        }
        if lead == 0xEA && i + 1 < bytes.len() && bytes[i + 1] >= 0xB0 {
            return true;
        }
        if lead == 0xED && i + 1 < bytes.len() && bytes[i + 1] <= 0x9F {
            return true;
        }
        i += 1;
    }
    false
}

/// A [`Text`](crate::lang::Text) from two format strings, Korean first. Both take the same arguments.
///
/// ```
/// let name = 3;
/// let t = lab::text!("스레드 {name} 시작", "Thread {name} started");
/// assert_eq!((t.ko.as_str(), t.en.as_str()), ("스레드 3 시작", "Thread 3 started"));
/// ```
///
/// One language alone does not compile, and neither do swapped ones:
///
/// ```compile_fail
/// lab::text!("스레드 시작");
/// ```
/// ```compile_fail
/// lab::text!("{total}개", "some", total = 3);
/// ```
/// ```compile_fail,E0080
/// lab::text!("Thread started", "스레드 시작");
/// ```
#[macro_export]
macro_rules! text {
    ($ko:literal, $en:literal $(, $name:ident = $value:expr)* $(,)?) => {{
        const { assert!(!$crate::lang::has_hangul($en), "Korean comes first, English second") };
        $( let $name = &$value; )*
        // Passed as named arguments, so that an argument that one language does not use is a compile error.
        $crate::lang::Text {
            ko: ::std::format!($ko $(, $name = $name)*),
            en: ::std::format!($en $(, $name = $name)*),
        }
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locale(pairs: &'static [(&str, &str)]) -> Lang {
        Lang::from_locale(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn locale_decides_and_korean_is_the_default() {
        assert_eq!(locale(&[]), Lang::Ko);
        assert_eq!(locale(&[("LANG", "en_US.UTF-8")]), Lang::En);
        assert_eq!(locale(&[("LANG", "C.UTF-8")]), Lang::Ko);
        assert_eq!(locale(&[("LC_ALL", "ko_KR.UTF-8"), ("LANG", "en_US.UTF-8")]), Lang::Ko);
        assert_eq!(locale(&[("LC_ALL", ""), ("LANG", "en_GB")]), Lang::En);
    }

    #[test]
    fn hangul_is_recognized() {
        for korean in ["가", "힣", "std::Mutex 뮤텍스", "끝"] {
            assert!(has_hangul(korean), "{korean}");
        }
        for other in ["", "thread 0", "café — µs", "█░╌", "漢字"] {
            assert!(!has_hangul(other), "{other}");
        }
    }

    #[test]
    fn arguments_reach_both_languages() {
        let n = 2;
        let t = text!("{n}개, {total}개 중", "{n} of {total}", total = 5);
        assert_eq!(t.ko, "2개, 5개 중");
        assert_eq!(t.en, "2 of 5");
    }
}
