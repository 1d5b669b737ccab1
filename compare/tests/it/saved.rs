//! Reports that are saved and read again, the budget, and Ctrl-C.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use compare::survey::Survey;
use harness::{Done, alive, descendants, finish, ignores_interrupts, signal, start, until};
use lab::claims::{Outcome, ledger};
use lab::report::Report;

const SAVED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/survey.json");

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_compare"));
    // Without cargo nothing is built: the programs are as they are.
    command.args(args).args(["--no-python", "--lang", "en"]).env_remove("CARGO").env("COLUMNS", "80");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(args: &[&str]) -> Done {
    finish(start(&mut command(args)))
}

fn survey(path: &Path) -> Survey {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

const FILES: [&str; 4] = ["measures.csv", "report.html", "report.json", "verdicts.csv"];

#[test]
fn a_report_has_all_samples_and_verdicts_and_can_be_made_again_from_itself() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("new/folder");
    let shown = dir.to_str().unwrap();
    run(&["report", shown, "--from", SAVED]).ends_with(0);
    assert_eq!(names(&dir), FILES);
    let read = |name: &str| fs::read_to_string(dir.join(name)).unwrap();
    let saved = survey(&dir.join("report.json"));
    assert_eq!(saved, survey(Path::new(SAVED)));
    let measures = saved.reports().flat_map(|(_, report)| &report.measures);
    let samples: usize = measures.map(|measure| measure.samples.len()).sum();
    assert_eq!(read("measures.csv").lines().count(), 1 + samples);
    assert_eq!(read("verdicts.csv").lines().count(), 1 + saved.all_verdicts().len());
    let page = read("report.html");
    for claim in ledger() {
        assert!(page.contains(&format!("id=\"claim-{}\"", claim.id)), "{}", claim.id);
    }
    let before = FILES.map(read);
    run(&["report", shown, "--from", dir.join("report.json").to_str().unwrap()]).ends_with(0);
    assert_eq!(FILES.map(read), before);
}

/// A file that may not grow stands for a disk that is full; the shell lets the program see the error instead of killing it.
#[cfg(unix)]
#[test]
fn what_cannot_be_written_whole_is_not_written() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("report");
    let limited = |dir: &Path| {
        let mut shell = Command::new("sh");
        shell.args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_compare"), "report"]);
        shell.arg(dir).args(["--from", SAVED, "--no-python", "--lang", "en"]);
        finish(start(shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()))).ends_with(1)
    };
    let done = limited(&dir);
    assert!(done.err.lines().count() == 1 && done.err.contains("cannot be written"), "{done:?}");
    assert!(!dir.exists(), "the folder was made for the report, and goes with it");
    run(&["report", dir.to_str().unwrap(), "--from", SAVED]).ends_with(0);
    let before = fs::read(dir.join("report.html")).unwrap();
    limited(&dir);
    assert_eq!((names(&dir), fs::read(dir.join("report.html")).unwrap()), (FILES.map(str::to_owned).to_vec(), before));
}

#[test]
fn what_does_not_fit_into_the_budget_is_said() {
    let done = run(&["claims", "--budget", "0.1", "--json"]).ends_with(0);
    let report: Report = serde_json::from_str(&done.out).unwrap();
    for claim in ledger() {
        let of = || report.verdicts.iter().filter(|verdict| verdict.claim == claim.id);
        assert!(of().next().is_some(), "{} is left out", claim.id);
        for verdict in of() {
            let said = if let Outcome::NotMeasured(why) = &verdict.outcome { why } else { &verdict.evidence };
            assert!(!said.en.is_empty(), "{}: {verdict:?}", claim.id);
        }
    }
    assert!(done.out.contains("no time left"), "a tenth of a second is not enough for all: {}", done.out);
}

#[test]
fn a_claim_is_explained_from_a_saved_report() {
    let done = run(&["explain", "threads-io-overlap", "--from", SAVED]).ends_with(0);
    for words in ["[holds]", "threading/src/experiments/article.rs", "refuted by", "cargo run -p threading", "seen"] {
        assert!(done.out.contains(words), "{words}: {}", done.out);
    }
    let done = run(&["explain", "threads-io-overlp"]).ends_with(2);
    assert!(done.err.lines().count() == 1 && done.err.contains("threads-io-overlap"), "{done:?}");
}

#[test]
fn a_verdict_that_changed_is_named() {
    let home = tempfile::tempdir().unwrap();
    let other = home.path().join("other.json");
    let mut changed = survey(Path::new(SAVED));
    let mut reports = changed.runs.iter_mut().filter_map(|run| run.report.as_mut());
    let report = reports.find(|report| report.experiment == "threading/article").unwrap();
    let verdict = report.verdicts.iter_mut().find(|verdict| verdict.outcome == Outcome::Holds).unwrap();
    verdict.outcome = Outcome::DoesNotHold;
    let (claim, on) = (verdict.claim.clone(), verdict.on.en.clone());
    fs::write(&other, serde_json::to_vec(&changed).unwrap()).unwrap();
    let diff = |a: &str, b: &str| -> Report {
        serde_json::from_str(&run(&["diff", a, b, "--json"]).ends_with(0).out).unwrap()
    };
    let rows = |report: &Report| report.tables[0].rows.iter().map(|row| row[0].en.clone()).collect::<Vec<_>>();
    assert_eq!(rows(&diff(SAVED, SAVED)), [""; 0]);
    assert_eq!(rows(&diff(SAVED, other.to_str().unwrap())), [format!("{claim}: {on}")]);
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_saves_what_was_measured() {
    if ignores_interrupts() {
        return println!("not measured: this process ignores SIGINT, and its children inherit that");
    }
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("report");
    let child = start(&mut command(&["report", dir.to_str().unwrap(), "--budget", "3600"]));
    let pid = child.id();
    // The table, which comes first, has started its cells.
    until("the table is measured", || descendants(pid).len() > 2);
    let family = descendants(pid);
    signal("INT", pid);
    let done = finish(child).ends_with(130);
    assert!(done.out.contains("report.html") && !done.err.contains("panicked"), "{done:?}");
    assert_eq!(names(&dir), FILES);
    let saved = survey(&dir.join("report.json"));
    assert!(saved.interrupted && saved.runs.len() == compare::survey::commands().len());
    assert!(
        saved.runs.iter().all(|run| run.report.is_some() != run.missing.is_some()),
        "a result or a reason for each"
    );
    until("its children have ended", || !family.iter().any(|pid| alive(*pid)));
}
