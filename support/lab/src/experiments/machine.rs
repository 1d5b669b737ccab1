//! `cargo run -p lab`: the cores and the Python interpreters of this machine.

use lab::claims::Verdict;
use lab::cli::{Args, Experiment, Options};
use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::{Report, Table};
use lab::{Result, machine, text};

pub fn command() -> Experiment {
    Experiment::new("machine", text!("코어와 파이썬 인터프리터", "cores and Python interpreters"), Options::new(), run)
}

fn run(args: &Args) -> Result<Report> {
    let mut report = Report::new("lab/machine");
    let rows = args.pythons().iter().map(|python| {
        let gil = match python.gil {
            Some(true) => text!("있음", "yes"),
            Some(false) => text!("없음", "no"),
            None => text!("알 수 없음", "unknown"),
        };
        vec![Text::same(python.to_string()), gil, Text::same(python.path.display().to_string())]
    });
    let rows: Vec<Vec<Text>> = rows.collect();
    let found = rows.len();
    if found > 0 {
        let head = vec![text!("인터프리터", "interpreter"), Text::same("GIL"), text!("경로", "path")];
        report
            .tables
            .push(Table { title: text!("찾은 파이썬 인터프리터", "Python interpreters found"), head, rows });
    }
    report.verdicts = judge(args.pythons());
    let m = machine::describe();
    report.shows = Text {
        ko: format!("{}; 파이썬 인터프리터 {found}개.", m.ko),
        en: match found {
            1 => format!("{}; 1 Python interpreter.", m.en),
            _ => format!("{}; {found} Python interpreters.", m.en),
        },
    };
    Ok(report)
}

/// The claim on CPython, and the one on implementations without a GIL, with the names that the article gives.
const CLAIMS: [(&str, bool, &[&str]); 2] =
    [("cpython-has-gil", true, &["CPython"]), ("other-platforms-no-gil", false, &["Jython", "IronPython"])];

/// Verdicts by what each interpreter says of its GIL.
fn judge(pythons: &[Interpreter]) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for (claim, expected, names) in CLAIMS {
        let those: Vec<_> = pythons.iter().filter(|python| names.contains(&python.implementation.as_str())).collect();
        if those.is_empty() {
            let why = text!("이 컴퓨터에서 찾지 못했습니다", "none was found on this machine");
            verdicts.push(Verdict::not_measured(claim, names.join(", "), why));
        }
        verdicts.extend(those.into_iter().map(|python| match python.gil {
            Some(gil) => {
                let evidence =
                    if gil { text!("GIL 있음", "it has a GIL") } else { text!("GIL 없음", "it has none") };
                Verdict::seen(claim, python.to_string(), gil == expected, evidence)
            }
            None => Verdict::not_measured(claim, python.to_string(), lab::python::unknown_gil()),
        }));
    }
    verdicts
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab::claims::Outcome;

    #[test]
    fn a_cpython_without_a_gil_and_a_jython_with_one_refute_the_claims() {
        let python = |implementation: &str, gil| Interpreter {
            implementation: implementation.into(),
            gil,
            version: [3, 13, 0],
            path: "python".into(),
        };
        let outcomes = |cpython, jython| {
            let judged = judge(&[python("CPython", cpython), python("Jython", jython), python("PyPy", Some(true))]);
            judged.into_iter().map(|verdict| verdict.outcome).collect::<Vec<_>>()
        };
        assert_eq!(outcomes(Some(true), Some(false)), [Outcome::Holds, Outcome::Holds]);
        assert_eq!(outcomes(Some(false), Some(true)), [Outcome::DoesNotHold, Outcome::DoesNotHold]);
        assert!(outcomes(None, None).iter().all(|outcome| matches!(outcome, Outcome::NotMeasured(_))));
        assert!(judge(&[]).iter().all(|verdict| matches!(verdict.outcome, Outcome::NotMeasured(_))));
    }
}
