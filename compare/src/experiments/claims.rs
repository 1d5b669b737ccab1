//! `cargo run --release -p compare -- claims`: the ledger of claims with the verdicts of all experiments.
//!
//! `cargo run -p lab -- claims` prints the ledger itself, and runs nothing.

use std::time::Duration;

use lab::claims::{Outcome, Verdict, ledger};
use lab::cli::{Args, Experiment, Options};
use lab::lang::Text;
use lab::report::{Front, Measure, Report, Table};
use lab::{Result, text};

use crate::ctrl_c::INTERRUPTED;
use crate::survey::{self, Survey};

pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!("실험에 쓸 시간(초)", "time for the experiments, in seconds");
    let budget = options.seconds("budget", 0.1..=36_000.0, 60.0, about);
    let about = text!("글의 주장과 이 컴퓨터의 판정", "the article's claims, with verdicts of this machine");
    Experiment::new("claims", about, options, move |args| run(args, args.get(budget)))
}

fn run(args: &Args, budget: Duration) -> Result<Report> {
    let survey = survey::budget::run(&in_order(survey::commands()), budget, args.pythons())?;
    Ok(report(&survey))
}

/// Those that decide most claims first, so that a small budget decides many; the table last, as it takes longest.
fn in_order(mut commands: Vec<String>) -> Vec<String> {
    let claims = |command: &String| ledger().iter().filter(|claim| claim.command.as_ref() == Some(command)).count();
    commands
        .sort_by_key(|command| (survey::words_of(command).0 == env!("CARGO_PKG_NAME"), usize::MAX - claims(command)));
    commands
}

fn report(survey: &Survey) -> Report {
    let mut report = Report::new("compare/claims");
    report.verdicts = survey.all_verdicts();
    report.tables = vec![by_section(survey), by_claim(survey)];
    report.front = vec![Front::Table(0)];
    report.measures = measures(survey);
    report.measures_in_tables = true;
    report.shows = shows(&report.verdicts);
    let missing = survey.runs.iter().filter_map(|run| Some((&run.command, run.missing.as_ref()?)));
    report.notes = missing
        .map(|(command, why)| Text { ko: format!("{command}: {}", why.ko), en: format!("{command}: {}", why.en) })
        .collect();
    if survey.interrupted {
        report.exit_code = INTERRUPTED;
    }
    report
}

/// All that was measured, so that `explain --from` and `diff` find it in what `--json` printed.
fn measures(survey: &Survey) -> Vec<Measure> {
    let of = |report: &Report| {
        let experiment = report.experiment.clone();
        let named = move |m: Measure| Measure { id: format!("{experiment}.{}", m.id), ..m };
        report.measures.clone().into_iter().map(named).collect::<Vec<_>>()
    };
    survey.reports().flat_map(|(_, report)| of(report)).collect()
}

fn shows(verdicts: &[Verdict]) -> Text {
    let claims = |is: &dyn Fn(&Outcome) -> bool| {
        ledger().iter().filter(|claim| verdicts.iter().any(|v| v.claim == claim.id && is(&v.outcome))).count()
    };
    let all = ledger().len();
    let decided = claims(&|outcome| !matches!(outcome, Outcome::NotMeasured(_)));
    let refuted = claims(&|outcome| *outcome == Outcome::DoesNotHold);
    let open = all - decided;
    text!(
        "주장 {all}개 중 {decided}개를 판정했습니다. 그중 {refuted}개는 맞지 않는 곳이 있고, {open}개는 측정하지 않았습니다.",
        "{decided} of {all} claims were decided; {refuted} of them do not hold somewhere. {open} were not measured."
    )
}

/// How many claims of each section hold, do not hold somewhere, and were not measured.
fn by_section(survey: &Survey) -> Table {
    let mut rows: Vec<(&str, [usize; 3])> = Vec::new();
    for claim in ledger() {
        if rows.last().is_none_or(|(name, _)| *name != claim.section) {
            rows.push((&claim.section, [0; 3]));
        }
        let verdicts = survey.verdicts(claim);
        let any = |outcome: Outcome| verdicts.iter().any(|verdict| verdict.outcome == outcome);
        let column = if any(Outcome::DoesNotHold) {
            1
        } else if any(Outcome::Holds) {
            0
        } else {
            2
        };
        rows.last_mut().expect("pushed above").1[column] += 1;
    }
    let row = |(name, counts): (&str, [usize; 3])| {
        std::iter::once(Text::same(name)).chain(counts.map(|n| Text::same(n.to_string()))).collect()
    };
    Table {
        title: text!("글의 절마다 주장의 수", "claims in each section of the article"),
        head: vec![
            text!("글의 절", "section"),
            text!("맞음", "hold"),
            text!("맞지 않는 곳이 있음", "do not hold somewhere"),
            text!("측정하지 않음", "not measured"),
        ],
        rows: rows.into_iter().map(row).collect(),
    }
}

/// A line for each claim, with its id.
fn by_claim(survey: &Survey) -> Table {
    let row = |claim: &'static lab::claims::Claim| {
        let verdicts = survey.verdicts(claim);
        let on = |is: &dyn Fn(&Outcome) -> bool| {
            let mut names: Vec<Text> = Vec::new();
            for verdict in verdicts.iter().filter(|verdict| is(&verdict.outcome)) {
                if !names.contains(&verdict.on) {
                    names.push(verdict.on.clone());
                }
            }
            let joined = |of: fn(&Text) -> &str| names.iter().map(of).collect::<Vec<_>>().join(", ");
            Text { ko: joined(|name| &name.ko), en: joined(|name| &name.en) }
        };
        let why = verdicts.iter().find_map(|verdict| match &verdict.outcome {
            Outcome::NotMeasured(why) if verdicts.len() == 1 => Some(why.clone()),
            _ => None,
        });
        let open = why.unwrap_or_else(|| on(&|outcome| matches!(outcome, Outcome::NotMeasured(_))));
        let id = Text::same(&*claim.id);
        vec![id, on(&|outcome| *outcome == Outcome::Holds), on(&|outcome| *outcome == Outcome::DoesNotHold), open]
    };
    Table {
        title: text!(
            "주장마다, 무엇에서 맞고 맞지 않는가 (자세히: explain ID)",
            "where each claim holds and where not (in full: explain ID)"
        ),
        head: vec![
            text!("주장", "claim"),
            text!("맞음", "holds"),
            text!("맞지 않음", "does not hold"),
            text!("측정하지 않음", "not measured"),
        ],
        rows: ledger().iter().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_fit_is_said_and_the_table_comes_last() {
        let commands = in_order(survey::commands());
        assert_eq!(survey::words_of(commands.last().unwrap()).0, "compare");
        assert_eq!(commands.len(), survey::commands().len());
        let runs = commands.iter().map(|command| {
            let missing = Some(text!("시간이 모자랍니다", "no time left"));
            survey::Run { command: command.clone(), report: None, missing }
        });
        let report = report(&Survey { runs: runs.collect(), interrupted: true, ..Survey::here(&[]) });
        assert_eq!((report.tables[1].rows.len(), report.exit_code), (ledger().len(), INTERRUPTED));
        assert!(report.tables[1].rows.iter().all(|row| !row[3].en.is_empty()), "none is left out silently");
        assert_eq!(report.notes.len(), commands.len());
    }
}
