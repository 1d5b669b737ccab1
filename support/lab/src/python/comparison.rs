//! Several interpreters side by side: a row each.

use std::mem;

use super::interpreter::Interpreter;
use crate::claims::{Claim, Outcome, Verdict};
use crate::lang::Text;
use crate::report::{Front, Report, Table};
use crate::text;

/// With so many interpreters a reader compares them with each other, rather than each with Rust.
const MANY: usize = 3;

/// If many interpreters ran, the first screen shows their verdicts in tables, one for each claim, instead of words and drawings.
pub(crate) fn side_by_side(report: &mut Report, pythons: &[Interpreter]) {
    // An experiment that chose a table has rows for each of them already.
    if pythons.len() < MANY || report.front.iter().any(|part| matches!(part, Front::Table(_))) {
        return;
    }
    let (theirs, others): (Vec<Verdict>, Vec<Verdict>) =
        mem::take(&mut report.verdicts).into_iter().partition(|verdict| judged(pythons, verdict).is_some());
    let mut tables: Vec<(&str, Table)> = Vec::new();
    for (python, verdict) in pythons.iter().flat_map(|python| theirs.iter().map(move |verdict| (python, verdict))) {
        if judged(pythons, verdict) == Some(python) {
            let at = tables.iter().position(|(claim, _)| *claim == verdict.claim).unwrap_or_else(|| {
                tables.push((&verdict.claim, empty_table(verdict)));
                tables.len() - 1
            });
            tables[at].1.rows.push(row(python, verdict));
        }
    }
    if !tables.is_empty() {
        report.front = (report.tables.len()..).take(tables.len()).map(Front::Table).collect();
        report.front_verdicts = Some(others.len());
        report.tables.extend(tables.into_iter().map(|(_, table)| table));
    }
    report.verdicts = others.into_iter().chain(theirs).collect();
}

/// A table for the claim that a verdict is on.
fn empty_table(verdict: &Verdict) -> Table {
    let head = vec![
        text!("인터프리터", "interpreter"),
        Text::same("GIL"),
        text!("판정", "verdict"),
        text!("근거", "evidence"),
    ];
    let title = verdict.about().map_or_else(|| Text::same(verdict.claim.clone()), Claim::text);
    Table { title, head, rows: Vec::new() }
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
    vec![Text::same(python.to_string()), gil_cell(python.gil), word, because.clone()]
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
        let mut chosen = Report { front: vec![Front::Table(0)], ..report.clone() };
        side_by_side(&mut chosen, &pythons);
        assert_eq!((chosen.tables.len(), chosen.front_verdicts), (0, None));
        side_by_side(&mut report, &pythons);
        let rows: Vec<(&str, &str, &str)> =
            report.tables[0].rows.iter().map(|row| (&*row[0].en, &*row[1].en, &*row[3].en)).collect();
        let expected = [
            ("CPython 3.13.5", "yes", "CPython 3.13.5"),
            ("CPython 3.13.5", "yes", "CPython 3.13.5"),
            ("CPython 3.13.5 free-threaded", "no", "CPython 3.13.5 free-threaded (x)"),
            ("PyPy 3.11.17", "yes", "PyPy 3.11.17"),
        ];
        assert_eq!(rows, expected);
        assert_eq!(report.front, [Front::Table(0)]);
        // The words are left to the verdicts that are in no table; the report has them all.
        assert_eq!((report.front_verdicts, report.verdicts.len()), (Some(1), 5));
        assert_eq!(report.verdicts[0].on.en, "Rust");
        assert_eq!(report.tables[0].title, report.verdicts[0].about().unwrap().text());
    }
}
