//! Standard output that someone may close: `| head -1` ends the program with one line, not with a panic.

use std::env;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process;

use crate::escape::escape_controls;
use crate::lang;
use crate::render::Canvas;
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
}
