//! Standard output, which the reader may close: `| head -1` ends the program with one line, not with a panic.

use std::env;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process;

use crate::escape::escape_controls;
use crate::lang;
use crate::render::Canvas;
use crate::text;

/// Prints text unchanged. Ends the program with exit code 1 if it cannot be written.
pub fn print(words: &str) {
    let mut out = io::stdout().lock();
    if let Err(e) = out.write_all(words.as_bytes()).and_then(|()| out.flush()) {
        let line = match e.kind() {
            ErrorKind::BrokenPipe => {
                text!("출력 파이프가 닫혀 여기서 종료합니다.", "the output pipe was closed; stopping here.")
            }
            _ => text!("출력할 수 없습니다: {e}", "cannot write the output: {e}"),
        };
        complain(&line);
        // Nobody can read a report any more. Child processes end by their lifeline.
        process::exit(1);
    }
}

/// Prints one line to standard error, or nothing if that is closed too. Input quoted in it is escaped, so it stays one line.
pub fn complain(line: &lang::Text) {
    let _ = writeln!(io::stderr(), "{}", escape_controls(&line.to_string()));
}

/// Prints a page to standard error. If that is closed, nobody can read it, and nothing else is wrong.
pub fn print_to_stderr(words: &str) {
    let _ = io::stderr().lock().write_all(words.as_bytes());
}

/// How to draw on standard output: in [`width`] columns, with colour if it is a terminal, `TERM` is not `dumb` and `NO_COLOR`
/// (no-color.org) is not set.
pub fn canvas() -> Canvas {
    canvas_on(io::stdout().is_terminal())
}

/// How to draw on standard error, as [`canvas`].
pub fn stderr_canvas() -> Canvas {
    canvas_on(io::stderr().is_terminal())
}

fn canvas_on(is_terminal: bool) -> Canvas {
    let var = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let colour = is_terminal && var("NO_COLOR").is_none() && var("TERM").is_none_or(|term| term != "dumb");
    Canvas { width: width(), colour, lang: lang::current() }
}

/// The columns of a page: `COLUMNS`, else the terminal's, else 80; at least [`NARROWEST`].
pub fn width() -> usize {
    let asked = env::var("COLUMNS").ok();
    let terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    chosen_width(asked.as_deref(), terminal)
}

/// The smallest width of a page; a narrower terminal gets pages of this width.
pub const NARROWEST: usize = 20;

/// `COLUMNS=0` and values that are not a number count as unset; so does a terminal that reports no columns.
fn chosen_width(asked: Option<&str>, terminal: impl FnOnce() -> Option<usize>) -> usize {
    let usable = |columns: &usize| *columns > 0;
    let asked = asked.and_then(|columns| columns.trim().parse().ok()).filter(usable);
    asked.or_else(|| terminal().filter(usable)).unwrap_or(80).clamp(NARROWEST, 240)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_decide_then_the_terminal_then_80() {
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
