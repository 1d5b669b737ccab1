//! Standard output that someone may close: `| head -1` ends the program with one line, not with a panic.

use std::env;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process;

use unicode_width::UnicodeWidthStr;

use crate::lang;
use crate::render::{Canvas, fit};
use crate::text;

/// Prints text as it is. Ends the program with exit code 1 if nobody can read it any more.
pub fn print(words: &str) {
    let mut out = io::stdout().lock();
    if let Err(e) = out.write_all(words.as_bytes()).and_then(|()| out.flush()) {
        let line = match e.kind() {
            ErrorKind::BrokenPipe => text!(
                "출력을 받던 쪽이 먼저 닫혀 여기서 멈춥니다.",
                "the reader of the output has gone; stopping here."
            ),
            _ => text!("출력할 수 없습니다: {e}", "cannot write the output: {e}"),
        };
        complain(&line);
        // Nothing is left to be told to anyone, and children end with their lifeline.
        process::exit(1);
    }
}

/// One line on standard error; if that is closed too, silence. It stays one line whatever the reader's words in it were.
pub fn complain(line: &lang::Text) {
    let _ = writeln!(io::stderr(), "{}", escape_controls(&line.to_string()));
}

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

/// A line that another program printed, as a part of a sentence of ours: escaped, cut, without the full stop.
pub(crate) fn quote(line: &str) -> String {
    const COLUMNS: usize = 100;
    let line = escape_controls(line.trim().trim_end_matches('.'));
    if line.width() > COLUMNS { fit(&line, COLUMNS).trim_end().to_owned() } else { line }
}

/// C0 and C1 controls, line and paragraph separators, and the marks, embeddings, overrides and isolates of Unicode's
/// bidirectional algorithm (UAX #9), with which a name can look like another one.
fn is_command(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The canvas of standard output. `COLUMNS` decides, else the terminal, else 80 columns;
/// colour only on a terminal that has it and where `NO_COLOR` (no-color.org) does not forbid it.
pub fn canvas() -> Canvas {
    let var = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let colour =
        io::stdout().is_terminal() && var("NO_COLOR").is_none() && var("TERM").is_none_or(|term| term != "dumb");
    Canvas { width: width(), colour, lang: lang::current() }
}

/// Columns for what is printed: `COLUMNS` decides, else the terminal, else 80; at least [`NARROWEST`].
pub fn width() -> usize {
    let asked = env::var("COLUMNS").ok();
    let terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    chosen_width(asked.as_deref(), terminal)
}

/// Narrower terminals than this are drawn for as if they had so many columns.
pub const NARROWEST: usize = 20;

/// `COLUMNS=0` and what is no number are as if unset; so is a terminal that says it has no columns.
fn chosen_width(asked: Option<&str>, terminal: impl FnOnce() -> Option<usize>) -> usize {
    let usable = |columns: &usize| *columns > 0;
    let asked = asked.and_then(|columns| columns.trim().parse().ok()).filter(usable);
    asked.or_else(|| terminal().filter(usable)).unwrap_or(80).clamp(NARROWEST, 240)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_width_is_asked_for_then_the_terminals_then_80() {
        for (asked, terminal, width) in [
            (Some("100"), Some(50), 100),
            (None, Some(50), 50),
            (None, None, 80),
            (Some("0"), Some(50), 50),
            (Some(""), Some(50), 50),
            (Some("many"), None, 80),
            (Some("-5"), Some(0), 80),
            (Some("3"), None, 20),
            (Some("99999"), None, 240),
        ] {
            assert_eq!(chosen_width(asked, || terminal), width, "{asked:?} {terminal:?}");
        }
    }

    #[test]
    fn what_commands_a_terminal_is_escaped() {
        assert_eq!(escape_controls("a\nb \u{1b}[31m'호송'\\"), "a\\nb \\u{1b}[31m'호송'\\");
        for command in ['\0', '\t', '\r', '\u{7f}', '\u{85}', '\u{9b}', '\u{2028}', '\u{202e}', '\u{2066}', '\u{200f}']
        {
            let shown = escape_controls(&format!("a{command}b"));
            assert!(!shown.contains(command) && shown.starts_with("a\\") && shown.ends_with('b'), "{shown}");
        }
        // A name that is only unusual stays as it is.
        assert_eq!(escape_controls("한글 – naïve 👩\u{200d}💻 العربية"), "한글 – naïve 👩\u{200d}💻 العربية");
    }
}
