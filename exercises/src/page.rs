//! Lines of a page that fit the terminal.

use unicode_width::UnicodeWidthStr;

/// Breaks a text at blanks; later lines are indented to the first word. In a narrow terminal the indent is two columns.
pub fn wrap(head: &str, words: &str, width: usize) -> String {
    let indent = if 2 * head.width() > width { 2 } else { head.width() };
    let mut out = String::from(head);
    let mut used = head.width();
    let mut first = true;
    for word in words.split_whitespace() {
        let blank = usize::from(!first);
        if !first && used + blank + word.width() > width {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            used = indent;
        } else if !first {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += word.width();
        first = false;
    }
    out.push('\n');
    out
}

/// A Markdown text as it is, with long lines broken; lines of code stay as they are.
pub fn markdown(source: &str, width: usize) -> String {
    let mut code = false;
    let mut out = String::new();
    for line in source.lines() {
        if line.starts_with("```") {
            code = !code;
        }
        let words = line.trim_start();
        let indent = &line[..line.len() - words.len()];
        let head = if words.starts_with("- ") { format!("{indent}- ") } else { indent.to_owned() };
        match code || words.starts_with('|') || words.is_empty() {
            true => out.push_str(&format!("{line}\n")),
            false => out.push_str(&wrap(&head, words.strip_prefix("- ").unwrap_or(words), width)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_code_stays() {
        assert_eq!(wrap("- ", "one two three", 9), "- one two\n  three\n");
        let page = markdown("# head\n\n- a b c d e f g\n```\nlong long long long\n```\n", 10);
        assert_eq!(page, "# head\n\n- a b c d\n  e f g\n```\nlong long long long\n```\n");
    }
}
