//! `cargo run --release -p compare -- report DIR`: everything that the experiments show, as one page for a browser.
//!
//! `folder` checks the folder before anything is measured and writes the files when all is done; `page` makes the page from
//! `templates/`; `tables` makes the CSV files.

mod folder;
mod page;
mod tables;

use std::path::PathBuf;
use std::time::Duration;

use lab::cli::{Args, Experiment, Opt, Options};
use lab::lang::{self, Text};
use lab::report::{Report, Table};
use lab::{Error, Result, text};

use crate::ctrl_c::INTERRUPTED;
use crate::survey::{self, Survey};
use folder::Folder;

/// The article's table comes first: the page is about it.
const FIRST: &str = "-p compare";

#[derive(Clone, Copy)]
struct Given {
    dir: Opt<Option<PathBuf>>,
    from: Opt<Option<PathBuf>>,
    budget: Opt<Duration>,
}

pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!("보고서를 둘 폴더 (없으면 만듦)", "the folder for the report (made if it is missing)");
    let dir = options.positional_output("dir", about);
    let about =
        text!("측정하지 않고 저장된 report.json으로 만듦", "make it from a saved report.json, without measuring");
    let from = options.path("from", about);
    let about = text!("모든 실험에 쓸 시간(초)", "time for all experiments, in seconds");
    let budget = options.seconds("budget", 0.1..=36_000.0, 300.0, about);
    options.conflict(from, budget);
    let given = Given { dir, from, budget };
    let about = text!("모든 결과를 브라우저로 보는 보고서", "all results as a page for a browser");
    Experiment::new("report", about, options, move |args| run(args, given))
}

fn run(args: &Args, given: Given) -> Result<Report> {
    let dir = args.get(given.dir).ok_or_else(|| {
        Error::usage(text!("보고서를 둘 폴더를 주십시오: report DIR", "give the folder for the report: report DIR"))
    })?;
    let saved = args.get(given.from).map(|path| survey::file::read(&path)).transpose()?;
    let folder = Folder::prepare(&dir)?;
    let survey = match saved {
        Some(survey) => survey,
        None => {
            let mut commands = survey::commands();
            commands.sort_by_key(|command| !command.contains(FIRST));
            survey::budget::run(&commands, args.get(given.budget), args.pythons())?
        }
    };
    let page = page::page(&survey, lang::current())?;
    let [measures, verdicts] = tables::csv(&survey);
    let json = serde_json::to_vec(&survey).expect("a survey is plain data");
    let files = [
        ("report.html", page.into_bytes()),
        ("report.json", json),
        ("measures.csv", measures),
        ("verdicts.csv", verdicts),
    ];
    folder.write(files.into())?;
    Ok(summary(&survey, &folder))
}

/// What the terminal shows: the files. The verdicts are in them.
fn summary(survey: &Survey, folder: &Folder) -> Report {
    let mut report = Report::new("compare/report");
    let page = folder.page().display().to_string();
    let [holds, not, open] = survey.counts();
    let measured = survey.reports().count();
    let all = survey.runs.len();
    report.shows = text!(
        "{page}: 실험 {all}개 중 {measured}개의 결과. 판정: 맞음 {holds}, 맞지 않음 {not}, 측정하지 않음 {open}.",
        "{page}: the results of {measured} of {all} experiments. Verdicts: {holds} hold, {not} do not, {open} not measured."
    );
    report.tables = vec![Table {
        title: text!("보고서의 파일", "the files of the report"),
        head: vec![text!("파일", "file"), text!("크기", "size")],
        rows: folder.sizes(),
    }];
    report.front = vec![lab::report::Front::Table(0)];
    report.notes = survey
        .runs
        .iter()
        .filter_map(|run| Some((&run.command, run.missing.as_ref()?)))
        .map(|(command, why)| Text { ko: format!("{command}: {}", why.ko), en: format!("{command}: {}", why.en) })
        .collect();
    if survey.interrupted {
        report.exit_code = INTERRUPTED;
    }
    report
}
