//! Several interpreters side by side: a row each.

use super::interpreter::Interpreter;
use crate::claims::{Outcome, Verdict};
use crate::lang::Text;
use crate::report::{Front, Report, Table};
use crate::text;

/// With so many interpreters a reader compares them with each other, rather than each with Rust.
const MANY: usize = 3;

/// If many interpreters ran, the first screen shows a table of what was seen on each of them, instead of drawings.
pub(crate) fn side_by_side(report: &mut Report, pythons: &[Interpreter]) {
    if pythons.len() < MANY {
        return;
    }
    let mut rows = Vec::new();
    for python in pythons {
        for verdict in report.verdicts.iter().filter(|verdict| judged(pythons, verdict) == Some(python)) {
            rows.push(row(python, verdict));
        }
    }
    if rows.is_empty() {
        return;
    }
    let head = vec![
        text!("인터프리터", "interpreter"),
        Text::same("GIL"),
        text!("주장", "claim"),
        text!("판정", "verdict"),
        text!("근거", "evidence"),
    ];
    report.tables.push(Table { title: text!("인터프리터별 결과", "each interpreter"), head, rows });
    // An experiment that chose a table has its own rows for them.
    if !report.front.iter().any(|part| matches!(part, Front::Table(_))) {
        report.front = vec![Front::Table(report.tables.len() - 1)];
    }
}

/// The interpreter that a verdict is on: the one with the longest name among those that it begins with. "CPython 3.13.5" also begins
/// the name of its free-threaded build.
fn judged<'a>(pythons: &'a [Interpreter], verdict: &Verdict) -> Option<&'a Interpreter> {
    let named = pythons.iter().filter(|python| {
        let rest = verdict.on.en.strip_prefix(&python.to_string());
        rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
    });
    named.max_by_key(|python| python.to_string().len())
}

fn row(python: &Interpreter, verdict: &Verdict) -> Vec<Text> {
    let (word, because) = match &verdict.outcome {
        Outcome::Holds => (text!("맞음", "holds"), &verdict.evidence),
        Outcome::DoesNotHold => (text!("맞지 않음", "does not hold"), &verdict.evidence),
        Outcome::NotMeasured(why) => (text!("측정하지 않음", "not measured"), why),
    };
    vec![Text::same(python.to_string()), gil_cell(python.gil), Text::same(verdict.claim.clone()), word, because.clone()]
}

/// Whether there is a GIL, as a cell of a table.
pub fn gil_cell(gil: Option<bool>) -> Text {
    match gil {
        Some(true) => text!("있음", "yes"),
        Some(false) => text!("없음", "no"),
        None => text!("알 수 없음", "unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn python(implementation: &str, version: [u32; 3], gil: Option<bool>) -> Interpreter {
        Interpreter { path: "python".into(), implementation: implementation.into(), version, gil }
    }

    #[test]
    fn each_interpreter_has_its_own_rows_and_few_have_none() {
        let pythons = [
            python("CPython", [3, 13, 5], Some(true)),
            python("CPython", [3, 13, 5], Some(false)),
            python("PyPy", [3, 11, 1], Some(true)),
            python("PyPy", [3, 11, 17], Some(true)),
        ];
        let mut report = Report::new("lab/test");
        for on in ["Rust", "CPython 3.13.5 free-threaded (x)", "CPython 3.13.5", "PyPy 3.11.17", "CPython 3.13.5"] {
            report.verdicts.push(Verdict::seen("cpython-has-gil", on, true, Text::same(on)));
        }
        let mut few = report.clone();
        side_by_side(&mut few, &pythons[..2]);
        assert!(few.tables.is_empty() && few.front.is_empty());
        side_by_side(&mut report, &pythons);
        let rows: Vec<(&str, &str, &str)> =
            report.tables[0].rows.iter().map(|row| (&*row[0].en, &*row[1].en, &*row[4].en)).collect();
        let expected = [
            ("CPython 3.13.5", "yes", "CPython 3.13.5"),
            ("CPython 3.13.5", "yes", "CPython 3.13.5"),
            ("CPython 3.13.5 free-threaded", "no", "CPython 3.13.5 free-threaded (x)"),
            ("PyPy 3.11.17", "yes", "PyPy 3.11.17"),
        ];
        assert_eq!(rows, expected);
        assert_eq!(report.front, [Front::Table(0)]);
    }
}
