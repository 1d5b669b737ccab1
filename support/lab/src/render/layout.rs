//! Fits text into columns: cuts, pads and wraps it.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::escape::escape_controls;
use crate::lang::{Lang, Text};

/// A line of another program's output, to be quoted in a sentence: escaped, cut, without its full stop.
pub(crate) fn quote(line: &str) -> String {
    const COLUMNS: usize = 100;
    let line = escape_controls(line.trim().trim_end_matches('.'));
    if line.width() > COLUMNS { fit(&line, COLUMNS).trim_end().to_owned() } else { line }
}

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

/// A text that is safe to draw: a name in it can come from a file, and must neither control the terminal nor break the layout.
pub(crate) fn shown(text: &Text, lang: Lang) -> String {
    escape_controls(text.get(lang))
}

/// Cuts or pads a text to exactly this many columns; a Hangul syllable takes two.
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

/// Breaks a text at blanks so that every line fits; later lines are indented to the first word. A word that is wider than a
/// line is broken too. If the head takes more than half of the width, the text begins on the next line; a head that is wider than a line is
/// broken as the text is.
pub fn wrap(head: &str, words: &str, width: usize) -> String {
    if head.trim_end().width() > width {
        let marks = head.trim_start();
        let blanks = (head.len() - marks.len()).min(width / 2);
        return wrap(&" ".repeat(blanks), &format!("{marks} {words}"), width);
    }
    let mut out = String::from(head);
    let mut used = head.width();
    let indent = if 2 * used > width { 2 } else { used };
    let line = |out: &mut String, used: &mut usize| {
        let kept = out.trim_end_matches(' ').len();
        out.truncate(kept);
        let _ = write!(out, "\n{}", " ".repeat(indent));
        *used = indent;
    };
    if indent != used {
        line(&mut out, &mut used);
    }
    for word in words.split_whitespace() {
        let blank = usize::from(used > indent);
        if blank == 1 && used + 1 + word.width() > width {
            line(&mut out, &mut used);
        } else if blank == 1 {
            out.push(' ');
            used += 1;
        }
        for c in word.chars() {
            let wide = c.width().unwrap_or(0);
            if used + wide > width && used > indent {
                line(&mut out, &mut used);
            }
            out.push(c);
            used += wide;
        }
    }
    out.push('\n');
    out
}

/// Breaks the lines of a page that do not fit; the continuation keeps their indent.
pub(crate) fn within(page: &str, width: usize) -> String {
    let fitted = |line: &str| {
        let words = line.trim_start();
        let indent = (line.len() - words.len()).min(width / 2);
        if line.width() > width { wrap(&" ".repeat(indent), words, width) } else { format!("{line}\n") }
    };
    page.lines().map(fitted).collect()
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
    fn a_long_word_is_broken() {
        assert_eq!(wrap("- ", "a incomprehensibilities b", 10), "- a\n  incompre\n  hensibil\n  ities b\n");
        assert_eq!(wrap("- ", "가나다라마바", 9), "- 가나다\n  라마바\n");
    }

    #[test]
    fn a_wide_head_stands_alone() {
        assert_eq!(wrap("[not measured] ", "why not", 20), "[not measured]\n  why not\n");
        assert_eq!(wrap("[not measured] ", "why not", 40), "[not measured] why not\n");
        assert_eq!(wrap("   [not as predicted] ", "seen b", 20), "   [not as\n   predicted] seen b\n");
    }
}
