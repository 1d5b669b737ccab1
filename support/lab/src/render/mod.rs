//! Reports and traces for readers: the terminal, SVG pictures, and the trace format that Perfetto opens.

pub mod chart;
pub mod lanes;
pub mod perfetto;
pub mod state_style;
pub mod svg;
pub mod text;

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::lang::{Lang, Text};
use crate::terminal;

/// How to draw.
#[derive(Clone, Copy, Debug)]
pub struct Canvas {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether to colour; the glyphs alone tell the states apart.
    pub colour: bool,
    /// The language of labels and legend.
    pub lang: Lang,
}

/// A text as it may be drawn: a name in it can come from a file, and must command neither the terminal nor the layout.
pub(crate) fn shown(text: &Text, lang: Lang) -> String {
    terminal::escape_controls(text.get(lang))
}

/// Cuts or pads a text to exactly so many columns; Hangul takes two.
pub fn fit(s: &str, columns: usize) -> String {
    let width = s.width();
    if width <= columns {
        return format!("{s}{}", " ".repeat(columns - width));
    }
    let mut out = String::new();
    let mut used = 0;
    for c in s.chars() {
        let w = c.width().unwrap_or(0);
        if used + w + 1 > columns {
            break;
        }
        out.push(c);
        used += w;
    }
    out.push('…');
    format!("{out}{}", " ".repeat(columns.saturating_sub(used + 1)))
}

/// Breaks a text at blanks so that every line fits; the lines after the first stand under the first word.
pub(crate) fn wrap(head: &str, words: &str, width: usize) -> String {
    let indent = head.width();
    let mut out = String::from(head);
    let mut used = indent;
    for word in words.split_whitespace() {
        let w = word.width();
        if used > indent && used + 1 + w > width {
            let _ = write!(out, "\n{}", " ".repeat(indent));
            used = indent;
        } else if used > indent {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += w;
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_by_columns_not_bytes() {
        assert_eq!(fit("스레드", 8), "스레드  ");
        assert_eq!(fit("스레드", 6), "스레드");
        assert_eq!(fit("스레드", 5), "스레…");
        assert_eq!(fit("스레드", 4), "스… ");
    }

    #[test]
    fn a_long_word_stays_whole() {
        assert_eq!(wrap("- ", "a incomprehensibilities b", 10), "- a\n  incomprehensibilities\n  b\n");
    }
}
