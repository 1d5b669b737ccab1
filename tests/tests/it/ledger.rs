//! The ledger of claims, the article's lines and cells (`tests/data/article.toml`), and the verdicts that the programs give: each
//! has what it needs of the others.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use lab::claims::{Claim, ledger};
use lab::report::Report;
use serde::Deserialize;
use tests::run::{run, words};
use tests::workspace::workspace;

use crate::machine_readable::{CALIBRATIONS, tried};

#[derive(Deserialize)]
struct Article {
    section: Vec<Section>,
}

/// A heading of the article, with lines or with a table.
#[derive(Deserialize)]
struct Section {
    heading: String,
    #[serde(default)]
    lines: Vec<String>,
    #[serde(default)]
    rows: Vec<String>,
    #[serde(default)]
    columns: Vec<String>,
}

fn article() -> Vec<Section> {
    let data = fs::read_to_string(workspace().join("tests/data/article.toml")).unwrap();
    basic_toml::from_str::<Article>(&data).unwrap().section
}

/// Every line and every cell, as a claim names it.
fn statements(article: &[Section]) -> BTreeSet<String> {
    let lines =
        article.iter().flat_map(|section| section.lines.iter().map(|line| format!("{} / {line}", section.heading)));
    let cells = article.iter().flat_map(|section| {
        let row = |row: &String| {
            section.columns.iter().map(|column| format!("{} / {row} / {column}", section.heading)).collect::<Vec<_>>()
        };
        section.rows.iter().flat_map(row).collect::<Vec<_>>()
    });
    lines.chain(cells).collect()
}

/// What is wrong between the article and the ledger.
fn differences(article: &[Section], claims: &[Claim]) -> Vec<String> {
    let all = statements(article);
    let stated: BTreeSet<String> = claims.iter().flat_map(|claim| claim.states.clone()).collect();
    let headings: BTreeSet<&str> = article.iter().map(|section| section.heading.as_str()).collect();
    let without = all.difference(&stated).map(|statement| format!("no claim: {statement}"));
    let unknown = stated.difference(&all).map(|statement| format!("not in the article: {statement}"));
    let unheaded = claims.iter().filter(|claim| !headings.contains(claim.section.as_str()));
    let unheaded = unheaded.map(|claim| format!("no such heading: {}", claim.section));
    let empty = headings.iter().filter(|heading| claims.iter().all(|claim| claim.section != **heading));
    let empty = empty.map(|heading| format!("no claim under: {heading}"));
    let mut found: Vec<String> = without.chain(unknown).chain(empty).collect();
    found.extend(unheaded);
    found
}

#[test]
fn every_heading_line_and_cell_of_the_article_has_a_claim() {
    let article = article();
    assert_eq!(differences(&article, ledger()), [""; 0]);
    assert_eq!(article.iter().map(|section| section.rows.len() * section.columns.len()).sum::<usize>(), 8 + 21);
}

#[test]
fn a_line_or_cell_without_a_claim_is_noticed() {
    let article = article();
    let without = |statement: &str| {
        let mut claims = ledger().to_vec();
        claims.iter_mut().for_each(|claim| claim.states.retain(|other| other != statement));
        differences(&article, &claims)
    };
    for statement in statements(&article) {
        assert_eq!(without(&statement), [format!("no claim: {statement}")]);
    }
    let mut claims = ledger().to_vec();
    claims[0].states.push("요약 / 없는 줄".into());
    assert_eq!(differences(&article, &claims), ["not in the article: 요약 / 없는 줄"]);
    claims = ledger().iter().filter(|claim| claim.section != "비유").cloned().collect();
    assert!(differences(&article, &claims).contains(&"no claim under: 비유".to_owned()));
    claims[0].section = "없는 절".into();
    assert!(differences(&article, &claims).contains(&"no such heading: 없는 절".to_owned()));
}

/// Experiments that judge nothing, and why.
const TOOLS: &[(&str, &str, &str)] = &[
    ("gil-sim", "calibrate", "it measures the machine for the simulator"),
    ("gil-sim", "verify", "it compares predictions with measurements, and no claim says how close they must be"),
    ("choose", "run", "it predicts for the reader's program"),
    ("choose", "again", "it predicts from a recorded run"),
    ("choose", "overhead", "it measures the sampler"),
    ("workbench", "export", "its files are a page, on which the reader judges"),
    ("compare", "report", "its files have the verdicts of others"),
    ("compare", "diff", "it compares the verdicts of others"),
];

/// The package and the experiment of a command, with the experiment that runs without a word.
fn experiment_of(command: &str) -> (String, String) {
    let mut words = command.split_whitespace().skip_while(|word| *word != "-p").skip(1);
    let package = words.next().unwrap_or_default();
    let first = match package {
        "mutex" => "counter",
        "gil-sim" => "cpu-bound",
        "compare" => "table",
        "choose" => "run",
        "kitchen" => "cooks",
        "native" => "release",
        "workbench" => "serve",
        "lab" => "machine",
        _ => "article",
    };
    (package.to_owned(), words.nth(1).unwrap_or(first).to_owned())
}

/// The ids on which each experiment gave a verdict.
type Judged = BTreeMap<(String, String), BTreeSet<String>>;

fn judged() -> Judged {
    let ids = |report: &Report| report.verdicts.iter().map(|verdict| verdict.claim.clone()).collect();
    let key = |program: &str, word: &str| (program.to_owned(), word.to_owned());
    let mut judged: Judged = tried().iter().map(|one| (key(one.program, one.args[0]), ids(&one.report))).collect();
    let machine = run("lab", &["machine", "--json", "--no-python"]).ends_with(0).out;
    judged.insert(("lab".into(), "machine".into()), ids(&serde_json::from_str(&machine).unwrap()));
    judged
}

/// What is wrong between the ledger and the verdicts.
fn faults(claims: &[Claim], judged: &Judged) -> Vec<String> {
    let mut faults = Vec::new();
    for claim in claims {
        let Some(command) = &claim.command else { continue };
        let experiment = experiment_of(command);
        if !judged.get(&experiment).is_some_and(|ids| ids.contains(&claim.id)) {
            faults.push(format!("{}: `{command}` gives no verdict on it", claim.id));
        }
        let limits = claim.limit.iter().map(|limit| &limit.command);
        let unknown = limits.filter(|command| !judged.contains_key(&experiment_of(command)));
        faults.extend(unknown.map(|command| format!("{}: there is no `{command}`", claim.id)));
    }
    let known: BTreeSet<&str> = claims.iter().map(|claim| claim.id.as_str()).collect();
    for ((program, word), ids) in judged {
        let unknown = ids.iter().filter(|id| !known.contains(id.as_str()));
        faults.extend(unknown.map(|id| format!("{program} {word}: a verdict on an unknown claim: {id}")));
        if ids.is_empty() && TOOLS.iter().all(|(tool, name, _)| (tool, name) != (&program.as_str(), &word.as_str())) {
            faults.push(format!("{program} {word} judges nothing"));
        }
    }
    faults
}

#[test]
fn every_claim_has_its_verdict_and_every_experiment_its_claim() {
    assert_eq!(faults(ledger(), &judged()), [""; 0]);
    for (program, word, _) in TOOLS {
        assert!(words(program).iter().any(|other| other == word), "{program} {word} is a tool that does not exist");
        // Their verdicts are those of others, or they have none to give: they speak of the reader's program, or
        // let the reader judge.
        let has_none = ["compare", "choose", "workbench"].contains(program);
        assert!(has_none || CALIBRATIONS.contains(word), "{word} is tried, so that its verdicts are known");
    }
}

/// A claim whose command gives no verdict, a verdict on an unknown claim, an experiment without any, a limit shown by nothing.
#[test]
fn a_missing_verdict_is_noticed() {
    let judged: Judged = ledger()
        .iter()
        .flat_map(|claim| claim.command.iter().map(|command| (experiment_of(command), claim.id.clone())))
        .fold(Judged::new(), |mut all, (experiment, id)| {
            all.entry(experiment).or_default().insert(id);
            all
        });
    let mut limits: Judged = judged.clone();
    for limit in ledger().iter().flat_map(|claim| &claim.limit) {
        limits.entry(experiment_of(&limit.command)).or_insert_with(|| BTreeSet::from([ledger()[2].id.clone()]));
    }
    assert_eq!(faults(ledger(), &limits), [""; 0], "the known-right ledger");
    let wrong = |change: &dyn Fn(&mut Vec<Claim>, &mut Judged)| {
        let (mut claims, mut judged) = (ledger().to_vec(), limits.clone());
        change(&mut claims, &mut judged);
        faults(&claims, &judged)
    };
    let key = |program: &str, word: &str| (program.to_owned(), word.to_owned());
    let found = wrong(&|claims, _| {
        let claim = claims.iter_mut().find(|claim| claim.id == "asyncio-blocked-loop").unwrap();
        claim.command = Some("cargo run -p asyncio -- cancel".into());
    });
    assert_eq!(found, ["asyncio-blocked-loop: `cargo run -p asyncio -- cancel` gives no verdict on it"]);
    let found = wrong(&|claims, _| claims.retain(|claim| claim.id != "ipc-cost-grows"));
    assert_eq!(found, ["multiprocessing ipc: a verdict on an unknown claim: ipc-cost-grows"]);
    let found = wrong(&|_, judged| drop(judged.insert(key("mutex", "new"), BTreeSet::new())));
    assert_eq!(found, ["mutex new judges nothing"]);
    let found = wrong(&|_, judged| drop(judged.insert(key("gil-sim", "verify"), BTreeSet::new())));
    assert_eq!(found, [""; 0], "a tool");
    let found = wrong(&|claims, _| {
        let limited = claims.iter_mut().find(|claim| claim.command.is_some() && !claim.limit.is_empty()).unwrap();
        limited.limit[0].command = "cargo run -p mutex -- nothing".into();
    });
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].ends_with("there is no `cargo run -p mutex -- nothing`"), "{found:?}");
}

#[test]
fn a_command_leads_to_its_experiment() {
    let of = |command: &str| experiment_of(command);
    assert_eq!(of("cargo run -p mutex"), ("mutex".into(), "counter".into()));
    assert_eq!(of("cargo run --release -p compare"), ("compare".into(), "table".into()));
    assert_eq!(of("cargo run -p gil-sim -- native"), ("gil-sim".into(), "native".into()));
}
