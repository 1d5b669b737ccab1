//! What an interpreter printed: the last object of the expected form in it, among whatever else is there.

use serde::de::DeserializeOwned;

use crate::lang::Text;
use crate::render::quote;
use crate::report::Report;
use crate::text;

/// The last complete JSON object of this form in the output of a program. Interpreters and their wrappers may print before it,
/// after it, and on its line.
pub(super) fn last_object<T: DeserializeOwned>(out: &str, counts: impl Fn(&T) -> bool) -> Option<T> {
    let mut last = None;
    let mut at = 0;
    while let Some(open) = out[at..].find('{') {
        let start = at + open;
        let mut objects = serde_json::Deserializer::from_str(&out[start..]).into_iter::<T>();
        if let Some(Ok(object)) = objects.next() {
            last = Some(object).filter(&counts).or(last);
            at = start + objects.byte_offset();
        } else {
            at = start + 1;
        }
    }
    last
}

/// The first line that says something.
pub(super) fn first_line(out: &str) -> Option<String> {
    out.lines().find(|line| !line.trim().is_empty()).map(quote)
}

/// The last report in the output of a program. Others print `{}` as well; a report always names its experiment.
pub(super) fn last_report(out: &str) -> Option<Report> {
    last_object(out, |report: &Report| !report.experiment.is_empty())
}

pub(super) fn no_report(program: &str, out: &str) -> Text {
    // Nothing but an object: its author wants to know what is wrong with it.
    if let (true, Err(e)) = (out.starts_with('{'), serde_json::from_str::<Report>(out)) {
        return text!("{program}의 보고서를 읽을 수 없습니다: {e}", "cannot read the report of {program}: {e}");
    }
    match first_line(out) {
        Some(said) => {
            text!(
                "{program}의 출력에 보고서가 없습니다: {said}",
                "there is no report in what {program} printed: {said}"
            )
        }
        None => text!("{program}이 아무것도 출력하지 않았습니다", "{program} printed nothing"),
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;

    const REPORT: &str = r#"{"experiment": "section/name", "notes": [{"ko": "{", "en": "}"}]}"#;

    #[test]
    fn a_report_is_found_among_other_output() {
        for out in [
            REPORT.to_owned(),
            format!("hello\n{REPORT}\nbye {{"),
            format!("no line's end {REPORT}no blank"),
            format!("{{}} {{\"a\": 1}} [1, {{\n{REPORT}\n{{}}\n{{\"experiment\": 3}}"),
            format!("{}{REPORT}", "{".repeat(1 << 20)),
            format!("{}{REPORT}", "{\"traces\": [".repeat(1 << 10)),
        ] {
            let experiment = last_report(&out).map(|report| report.experiment);
            // An empty object after the report must not hide it.
            assert_eq!(experiment.as_deref(), Some("section/name"), "{:.60}", out);
        }
        assert!(last_report("nothing {} here {\"experiment\": \"cut").is_none());
    }

    #[test]
    fn the_last_report_counts() {
        let other = REPORT.replace("name", "other");
        assert_eq!(last_report(&format!("{REPORT}\n{other}")).unwrap().experiment, "section/other");
    }

    #[test]
    fn what_a_program_said_is_one_line_that_commands_nothing() {
        let said = first_line("\n \n\u{1b}[2Jdanger \n more").unwrap();
        assert_eq!(said, "\\u{1b}[2Jdanger");
        assert!(first_line(&"가".repeat(500)).unwrap().width() <= 100);
        assert_eq!(first_line(" \n\n"), None);
    }
}
