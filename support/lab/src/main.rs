//! What the bench finds on this machine: `cargo run -p lab`, and the ledger of claims: `cargo run -p lab -- claims`.

use std::process::ExitCode;

use lab::claims;
use lab::cli::{Args, Experiment, Options, Section};
use lab::lang::Text;
use lab::report::{Report, Table};
use lab::{Result, machine, text};

fn main() -> ExitCode {
    Section::new("lab", text!("실험대: 이 컴퓨터와 주장 목록", "the bench: this machine, and the ledger of claims"))
        .with([
            Experiment::new("machine", text!("코어와 파이썬", "cores and Pythons"), Options::new(), show_machine),
            Experiment::new(
                "claims",
                text!("글의 주장과 그것을 보이는 명령", "the article's claims and the commands that show them"),
                Options::new(),
                show_claims,
            ),
        ])
        .main()
}

fn show_machine(args: &Args) -> Result<Report> {
    let mut report = Report::new("lab/machine");
    let rows = args.pythons().iter().map(|python| {
        let gil = if python.gil { text!("있음", "yes") } else { text!("없음", "no") };
        vec![Text::same(python.to_string()), gil, Text::same(python.path.display().to_string())]
    });
    let rows: Vec<Vec<Text>> = rows.collect();
    let found = rows.len();
    if found > 0 {
        let head = vec![text!("인터프리터", "interpreter"), Text::same("GIL"), text!("경로", "path")];
        report.tables.push(Table { title: text!("찾은 파이썬", "Pythons found"), head, rows });
    }
    let m = machine::describe();
    report.shows = Text { ko: format!("{}; 파이썬 {found}개.", m.ko), en: format!("{}; {found} Python(s).", m.en) };
    Ok(report)
}

fn show_claims(_: &Args) -> Result<Report> {
    let mut report = Report::new("lab/claims");
    let rows = claims::ledger().iter().map(|claim| {
        vec![
            Text::same(&*claim.section),
            Text { ko: claim.ko.clone(), en: claim.en.clone() },
            Text::same(&*claim.command),
        ]
    });
    let rows: Vec<Vec<Text>> = rows.collect();
    let count = rows.len();
    let head = vec![text!("글의 절", "section"), text!("주장", "claim"), text!("보이는 명령", "shown by")];
    report.tables.push(Table { title: text!("글의 주장", "the article's claims"), head, rows });
    report.shows = text!("주장은 모두 {count}개입니다.", "there are {count} claims.");
    Ok(report)
}
