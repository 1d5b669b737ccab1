//! A survey: the reports of all commands of the ledger, as they were run on one machine.
//!
//! - `budget` runs the commands within a budget of time; `programs` finds their programs.
//! - `file` reads a saved survey, or a report that any of the programs printed with `--json`.

pub mod budget;
pub mod file;
pub mod programs;

use std::time::{SystemTime, UNIX_EPOCH};

use lab::claims::{Claim, Outcome, Verdict, ledger};
use lab::lang::Text;
use lab::machine;
use lab::python::Interpreter;
use lab::report::Report;
use lab::text;
use serde::{Deserialize, Serialize};

/// What was run, where and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Survey {
    /// The version of this project that measured.
    pub version: String,
    /// `debug` or `release`.
    pub build: String,
    /// The machine in a line.
    pub machine: Text,
    /// The interpreters of the twins.
    pub pythons: Vec<String>,
    /// Seconds since 1970, UTC.
    pub at: u64,
    /// Whether Ctrl-C ended it early.
    pub interrupted: bool,
    /// One for each command of the ledger, in the order of the ledger.
    pub runs: Vec<Run>,
}

/// One command, and its report or the reason why there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// As the ledger has it: `cargo run -p threading -- cpu`.
    pub command: String,
    pub report: Option<Report>,
    pub missing: Option<Text>,
}

impl Survey {
    /// Of this machine, now, without a run.
    pub fn here(pythons: &[Interpreter]) -> Survey {
        Survey {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            build: programs::profile().unwrap_or_else(|| "?".to_owned()),
            machine: machine::describe(),
            pythons: pythons.iter().map(Interpreter::to_string).collect(),
            at: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| t.as_secs()),
            interrupted: false,
            runs: Vec::new(),
        }
    }

    pub fn reports(&self) -> impl Iterator<Item = (&Run, &Report)> {
        self.runs.iter().filter_map(|run| Some((run, run.report.as_ref()?)))
    }

    /// The verdicts on a claim: those of its own command first, then those of other experiments. If there is none, why not.
    pub fn verdicts(&self, claim: &Claim) -> Vec<Verdict> {
        let own = |run: &Run| Some(&run.command) != claim.command.as_ref();
        let mut runs: Vec<(&Run, &Report)> = self.reports().collect();
        runs.sort_by_key(|(run, _)| own(run));
        let of = |report: &Report| report.verdicts.clone();
        let mut verdicts: Vec<Verdict> =
            runs.iter().flat_map(|(_, report)| of(report)).filter(|verdict| verdict.claim == claim.id).collect();
        if verdicts.is_empty() {
            verdicts.push(Verdict::not_measured(&claim.id, "–", self.why_none(claim)));
        }
        verdicts
    }

    fn why_none(&self, claim: &Claim) -> Text {
        let Some(command) = &claim.command else {
            return claim.no_experiment.clone().unwrap_or_default();
        };
        match self.runs.iter().find(|run| run.command == *command) {
            Some(Run { missing: Some(why), .. }) => why.clone(),
            Some(_) => text!("실험이 이 주장을 판정하지 않았습니다", "the experiment gave no verdict on it"),
            None => text!("실행하지 않았습니다: {command}", "it was not run: {command}"),
        }
    }

    /// The verdicts on all claims, in the order of the ledger.
    pub fn all_verdicts(&self) -> Vec<Verdict> {
        ledger().iter().flat_map(|claim| self.verdicts(claim)).collect()
    }

    /// How many of them say: it holds, it does not, it was not measured.
    pub fn counts(&self) -> [usize; 3] {
        let verdicts = self.all_verdicts();
        let count = |is: fn(&Outcome) -> bool| verdicts.iter().filter(|verdict| is(&verdict.outcome)).count();
        [
            count(|outcome| *outcome == Outcome::Holds),
            count(|outcome| *outcome == Outcome::DoesNotHold),
            count(|outcome| matches!(outcome, Outcome::NotMeasured(_))),
        ]
    }
}

/// The package of a command and the words after `--`.
pub fn words_of(command: &str) -> (&str, Vec<&str>) {
    let words: Vec<&str> = command.split_whitespace().collect();
    let package = words.iter().position(|word| *word == "-p").and_then(|at| words.get(at + 1)).copied();
    let after = words.iter().position(|word| *word == "--").map_or(&[][..], |at| &words[at + 1..]);
    (package.unwrap_or_default(), after.to_vec())
}

/// The commands of the ledger, each once, in its order.
pub fn commands() -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for command in ledger().iter().filter_map(|claim| claim.command.as_ref()) {
        if !all.contains(command) {
            all.push(command.clone());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_a_package_and_words() {
        assert_eq!(words_of("cargo run -p threading -- cpu --rounds 1"), ("threading", vec!["cpu", "--rounds", "1"]));
        assert_eq!(words_of("cargo run --release -p compare"), ("compare", vec![]));
    }

    #[test]
    fn every_claim_has_a_verdict_or_a_reason() {
        let verdicts = Survey::here(&[]).all_verdicts();
        assert_eq!(verdicts.len(), ledger().len());
        for verdict in verdicts {
            let Outcome::NotMeasured(why) = verdict.outcome else { panic!("nothing was run") };
            assert!(!why.ko.is_empty() && !why.en.is_empty(), "{}", verdict.claim);
        }
    }

    #[test]
    fn a_claim_is_also_judged_by_the_experiment_of_another() {
        let claim = ledger().iter().find(|claim| claim.id == "threads-cpu-no-gain").unwrap();
        let report = |on: &str| {
            let verdicts = vec![Verdict::seen(&claim.id, on, true, Text::same("1.0"))];
            Some(Report { verdicts, ..Report::new("x/y") })
        };
        let run = |command: &str, on| Run { command: command.into(), report: report(on), missing: None };
        let own = claim.command.clone().unwrap();
        let runs = vec![run("cargo run --release -p compare", "other"), run(&own, "own")];
        let on: Vec<String> =
            Survey { runs, ..Survey::here(&[]) }.verdicts(claim).into_iter().map(|v| v.on.en).collect();
        assert_eq!(on, ["own", "other"], "its own command comes first");
    }
}
