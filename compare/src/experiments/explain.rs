//! `cargo run --release -p compare -- explain ID`: one claim in full.

use std::path::PathBuf;
use std::time::Duration;

use lab::claims::{Claim, Class, Condition, Verdict, ledger};
use lab::cli::{Args, Experiment, Opt, Options};
use lab::lang::Text;
use lab::report::{Front, Measure, Report, Table, unit};
use lab::{Error, Result, text};

use crate::ctrl_c::INTERRUPTED;
use crate::survey::{self, Survey, words_of};

/// A measurement of a single experiment takes less than this, or it has hung.
const LIMIT: Duration = Duration::from_secs(600);

#[derive(Clone, Copy)]
struct Given {
    id: Opt<Option<String>>,
    from: Opt<Option<PathBuf>>,
}

pub fn command() -> Experiment {
    let mut options = Options::new();
    let id =
        options.positional_word("id", text!("주장의 ID ('claims'가 출력)", "the claim's id, as 'claims' prints it"));
    let about = text!("실행하지 않고 저장된 보고서에서 읽음", "read it from a saved report instead of running");
    let from = options.path("from", about);
    let given = Given { id, from };
    let about =
        text!("주장 하나: 측정 방법, 결과, 파일, 반박", "one claim: how it is measured, what was seen, where to read");
    Experiment::new("explain", about, options, move |args| run(args, given))
}

fn run(args: &Args, given: Given) -> Result<Report> {
    let id = args.get(given.id).ok_or_else(|| {
        Error::usage(text!(
            "주장의 ID를 주십시오: explain ID. 'claims'가 모두 출력합니다.",
            "give the id of a claim: explain ID. 'claims' prints all of them."
        ))
    })?;
    let claim = ledger().iter().find(|claim| claim.id == id).ok_or_else(|| unknown(&id))?;
    let survey = match (args.get(given.from), &claim.command) {
        (Some(path), _) => survey::file::read(&path)?,
        (None, Some(command)) => survey::budget::run(std::slice::from_ref(command), LIMIT, args.pythons())?,
        (None, None) => Survey::here(args.pythons()),
    };
    Ok(explain(claim, &survey))
}

fn unknown(id: &str) -> Error {
    let near = nearest(id).join(", ");
    Error::usage(text!(
        "'{id}'라는 주장은 없습니다. 비슷한 ID: {near}",
        "there is no claim '{id}'. The nearest ids: {near}"
    ))
}

/// The three ids that take the fewest changes; one that contains the word comes first.
fn nearest(id: &str) -> Vec<&'static str> {
    let mut ids: Vec<&str> = ledger().iter().map(|claim| claim.id.as_str()).collect();
    ids.sort_by_key(|known| (!known.contains(id), edits(id, known)));
    ids.truncate(3);
    ids
}

/// The Levenshtein distance: letters added, removed and replaced.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut before = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let replaced = before + usize::from(x != *y);
            before = row[j + 1];
            row[j + 1] = replaced.min(before + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

fn explain(claim: &Claim, survey: &Survey) -> Report {
    let mut report = Report::new("compare/explain");
    report.verdicts = survey.verdicts(claim);
    report.shows = Text { ko: format!("{}.", claim.ko), en: format!("{}.", claim.en) };
    report.tables = vec![Table {
        title: Text::same(&*claim.id),
        head: vec![text!("항목", "what"), text!("내용", "in words")],
        rows: facts(claim).into_iter().chain(report.verdicts.iter().filter_map(evidence)).collect(),
    }];
    let run = survey.reports().find(|(run, _)| Some(&run.command) == claim.command.as_ref());
    if let Some((_, of)) = run {
        report.tables.push(seen(&of.measures));
        // A sentence and a note of the experiment: what it does and how large a unit of work is.
        report.notes.push(of.shows.clone());
        report.notes.extend(of.notes.iter().cloned());
    }
    report.front = vec![Front::Table(0)];
    if survey.interrupted {
        report.exit_code = INTERRUPTED;
    }
    report
}

fn facts(claim: &Claim) -> Vec<Vec<Text>> {
    let mut rows = vec![
        vec![text!("글의 절", "section"), Text::same(&*claim.section)],
        vec![text!("성립", "holds"), class(claim.class)],
    ];
    let conditions: Vec<Text> = claim.conditions.iter().map(|c| condition(*c)).collect();
    if !conditions.is_empty() {
        let joined = |of: fn(&Text) -> &str| conditions.iter().map(of).collect::<Vec<_>>().join(", ");
        rows.push(vec![text!("조건", "conditions"), Text { ko: joined(|c| &c.ko), en: joined(|c| &c.en) }]);
    }
    match (&claim.command, &claim.no_experiment) {
        (Some(command), _) => {
            rows.push(vec![text!("측정 명령", "measured by"), Text::same(&**command)]);
            rows.push(vec![text!("읽을 파일", "file to read"), Text::same(file(command))]);
        }
        (None, why) => rows.push(vec![text!("실험", "experiment"), why.clone().unwrap_or_default()]),
    }
    rows.push(vec![text!("반박하는 결과", "refuted by"), claim.refuted.clone()]);
    let limits = claim.limit.iter().map(|limit| {
        let (words, command) = (limit.text(), &limit.command);
        let shown = Text { ko: format!("{} ({command})", words.ko), en: format!("{} ({command})", words.en) };
        vec![text!("성립하지 않는 경우", "not true"), shown]
    });
    rows.extend(limits);
    rows
}

/// What a verdict was given on; the first screen leaves that out.
fn evidence(verdict: &Verdict) -> Option<Vec<Text>> {
    let (on, seen) = (&verdict.on, &verdict.evidence);
    let shown = Text { ko: format!("{}: {}", on.ko, seen.ko), en: format!("{}: {}", on.en, seen.en) };
    (!seen.en.is_empty()).then(|| vec![text!("측정 결과", "seen"), shown])
}

/// The first experiment of a program is the one that runs without a word.
fn first_of(package: &str) -> &'static str {
    match package {
        "mutex" => "counter",
        "gil-sim" => "cpu-bound",
        "compare" => "table",
        "kitchen" => "cooks",
        "native" => "release",
        "lab" => "machine",
        _ => "article",
    }
}

/// The file of an experiment, as ARCHITECTURE.md says: a module of its name, alone or as a folder.
fn file(command: &str) -> String {
    let (package, words) = words_of(command);
    let name = words.first().copied().unwrap_or_else(|| first_of(package)).replace('-', "_");
    let folder = if package == "lab" { "support/lab" } else { package };
    let path = format!("{folder}/src/experiments/{name}");
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    // Where the sources are gone, the name still leads to the file.
    let is_folder = root.is_some_and(|root| root.join(&path).is_dir());
    if is_folder { format!("{path}/mod.rs") } else { format!("{path}.rs") }
}

fn class(class: Class) -> Text {
    match class {
        Class::Always => text!("항상", "always"),
        Class::Sometimes => text!("때때로", "sometimes"),
        Class::Never => text!("결코", "never"),
    }
}

fn condition(condition: Condition) -> Text {
    match condition {
        Condition::Gil => text!("GIL이 있을 때", "under a GIL"),
        Condition::NoGil => text!("GIL이 없을 때", "without a GIL"),
        Condition::TwoCores => text!("코어가 둘 이상일 때", "on two cores or more"),
        Condition::ManyWaits => text!("기다릴 것이 여럿일 때", "with more than one thing to wait for"),
    }
}

fn seen(measures: &[Measure]) -> Table {
    let row = |m: &Measure| {
        let spread = lab::stats::range(&m.samples);
        let shown = |v: f64| unit::value(v, m.unit);
        let spread = spread.map_or(String::new(), |(least, most)| format!("{} – {}", shown(least), shown(most)));
        vec![m.name.clone(), Text::same(shown(m.median())), Text::same(spread)]
    };
    Table {
        title: text!("측정값", "what was measured"),
        head: vec![text!("항목", "quantity"), text!("중앙값", "median"), text!("최소 – 최대", "min – max")],
        rows: measures.iter().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_misspelled_id_leads_to_the_right_one() {
        assert_eq!(nearest("threads-cpu-nogain")[0], "threads-cpu-no-gain");
        assert!(nearest("table").iter().all(|id| id.contains("table")), "{:?}", nearest("table"));
        assert_eq!((edits("", "abc"), edits("abc", "abc"), edits("kitten", "sitting")), (3, 0, 3));
    }

    #[test]
    fn every_claim_leads_to_a_file_that_exists() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for command in survey::commands() {
            assert!(root.join(file(&command)).is_file(), "{command}: {}", file(&command));
        }
    }

    #[test]
    fn a_claim_without_an_experiment_says_why() {
        let claim = ledger().iter().find(|claim| claim.command.is_none()).unwrap();
        let report = explain(claim, &Survey::here(&[]));
        assert!(report.tables[0].rows.iter().any(|row| row[1] == *claim.no_experiment.as_ref().unwrap()));
        assert!(report.tables[0].rows.iter().any(|row| row[1] == claim.refuted));
    }
}
