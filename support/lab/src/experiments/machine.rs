//! `cargo run -p lab`: the cores and the Python interpreters of this machine.

use lab::cli::{Args, Experiment, Options};
use lab::lang::Text;
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
