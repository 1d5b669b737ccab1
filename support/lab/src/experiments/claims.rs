//! `cargo run -p lab -- claims`: the ledger of the article's claims.

use lab::claims::ledger;
use lab::cli::{Args, Experiment, Options};
use lab::lang::Text;
use lab::report::{Front, Report, Table};
use lab::{Result, text};

pub fn command() -> Experiment {
    Experiment::new(
        "claims",
        text!("글의 주장과 확인 명령", "the article's claims and the commands that show them"),
        Options::new(),
        run,
    )
}

fn run(_: &Args) -> Result<Report> {
    let mut report = Report::new("lab/claims");
    let rows = ledger().iter().map(|claim| {
        vec![
            Text::same(&*claim.section),
            Text { ko: claim.ko.clone(), en: claim.en.clone() },
            Text::same(&*claim.command),
        ]
    });
    let rows: Vec<Vec<Text>> = rows.collect();
    let count = rows.len();
    let head = vec![text!("글의 절", "section"), text!("주장", "claim"), text!("확인 명령", "shown by")];
    report.tables.push(Table { title: text!("글의 주장", "the article's claims"), head, rows });
    report.front = vec![Front::Table(0)];
    report.shows = text!("주장은 모두 {count}개입니다.", "There are {count} claims.");
    Ok(report)
}
