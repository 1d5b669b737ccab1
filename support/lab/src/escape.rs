//! Makes text from outside safe to print on a terminal.

/// Escapes text from outside (file names, addresses, output of other programs): characters that control the terminal, end the
/// line or change the direction of the text.
pub fn escape_controls(words: &str) -> String {
    words.chars().fold(String::with_capacity(words.len()), |mut shown, c| {
        if is_unsafe(c) {
            shown.extend(c.escape_default())
        } else {
            shown.push(c)
        }
        shown
    })
}

/// C0 and C1 controls, line and paragraph separators, and the marks, embeddings, overrides and isolates of Unicode's
/// bidirectional algorithm (UAX #9), with which one name can be made to look like another.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_controls_a_terminal_is_escaped() {
        assert_eq!(escape_controls("a\nb \u{1b}[31m'호위'\\"), "a\\nb \\u{1b}[31m'호위'\\");
        for control in ['\0', '\t', '\r', '\u{7f}', '\u{85}', '\u{9b}', '\u{2028}', '\u{202e}', '\u{2066}', '\u{200f}']
        {
            let shown = escape_controls(&format!("a{control}b"));
            assert!(!shown.contains(control) && shown.starts_with("a\\") && shown.ends_with('b'), "{shown}");
        }
        // An unusual but harmless name stays unchanged.
        assert_eq!(escape_controls("한글 – naïve 👩\u{200d}💻 العربية"), "한글 – naïve 👩\u{200d}💻 العربية");
    }
}
