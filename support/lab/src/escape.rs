//! Words from outside on their way to a terminal.

/// Words from outside (file names, addresses, what another program printed) as they may reach a terminal: characters that command
/// it, end the line or reverse the direction of the text are shown as their escapes.
pub fn escape_controls(words: &str) -> String {
    words.chars().fold(String::with_capacity(words.len()), |mut shown, c| {
        if is_command(c) {
            shown.extend(c.escape_default())
        } else {
            shown.push(c)
        }
        shown
    })
}

/// C0 and C1 controls, line and paragraph separators, and the marks, embeddings, overrides and isolates of Unicode's
/// bidirectional algorithm (UAX #9), with which a name can look like another one.
fn is_command(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_commands_a_terminal_is_escaped() {
        assert_eq!(escape_controls("a\nb \u{1b}[31m'호위'\\"), "a\\nb \\u{1b}[31m'호위'\\");
        for command in ['\0', '\t', '\r', '\u{7f}', '\u{85}', '\u{9b}', '\u{2028}', '\u{202e}', '\u{2066}', '\u{200f}']
        {
            let shown = escape_controls(&format!("a{command}b"));
            assert!(!shown.contains(command) && shown.starts_with("a\\") && shown.ends_with('b'), "{shown}");
        }
        // A name that is only unusual stays as it is.
        assert_eq!(escape_controls("한글 – naïve 👩\u{200d}💻 العربية"), "한글 – naïve 👩\u{200d}💻 العربية");
    }
}
