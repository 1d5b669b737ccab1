//! A page of Markdown that fits the terminal.

use lab::render::wrap;

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
        assert_eq!(markdown("- one two three", 9), "- one two\n  three\n");
        let page = markdown("# head\n\n- a b c d e f g\n```\nlong long long long\n```\n", 10);
        assert_eq!(page, "# head\n\n- a b c d\n  e f g\n```\nlong long long long\n```\n");
    }
}
