//! Whether a submission is plain code of its field. One that names the kit could write down facts itself.
//!
//! This stops nobody who is determined: whoever runs in the same process can write what he likes into its memory. It stops the short way.

/// The first line that has the name of the kit as a word of its own and is no comment.
pub fn names_the_grader(source: &str) -> Option<usize> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let code = |line: &str| -> bool {
        let begin = line.trim_start();
        let is_comment =
            begin.starts_with("//") || begin.strip_prefix('#').is_some_and(|rest| !rest.starts_with(['[', '!']));
        !is_comment && line.split(|c| !is_word(c)).any(|word| word == "kit")
    };
    source.lines().position(code).map(|line| line + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kit_is_found_as_a_name_only() {
        for plain in ["let kitchen = 1;\n// kit", "# the kit\nkitten = 2", "#[derive(Debug)]\nstruct Kit;", ""] {
            assert_eq!(names_the_grader(plain), None, "{plain}");
        }
        for named in ["use kit::Run;", "kit::current()", "import kit", "r#kit::end(None, true)", "sys.modules['kit']"] {
            assert_eq!(names_the_grader(&format!("\n{named}")), Some(2), "{named}");
        }
    }
}
