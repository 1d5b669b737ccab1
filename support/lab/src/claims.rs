//! The ledger of claims (`docs/claims.toml`): the article's and ours; and verdicts on them.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::lang::Text;

/// How strongly a claim is meant: in how many runs it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Under its conditions, in every run.
    Always,
    /// Under its conditions, in some runs.
    Sometimes,
    /// Under its conditions, in no run.
    Never,
}

/// One claim, in our own words.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Verdicts refer to it by this id.
    pub id: String,
    /// The heading of the article under which it stands.
    pub section: String,
    /// The lines and the cells of the article that state it: `SECTION / LINE`, `SECTION / ROW / COLUMN`. None if it is ours.
    #[serde(default)]
    pub states: Vec<String>,
    /// Whether the project adds it: an experiment shows it, and the article only implies it or leaves it out.
    #[serde(default)]
    pub ours: bool,
    /// The claim in Korean.
    pub ko: String,
    /// The claim in English.
    pub en: String,
    /// How strongly it is meant.
    pub class: Class,
    /// The conditions under which it is meant to hold.
    pub conditions: Vec<Condition>,
    /// The command that shows it.
    pub command: Option<String>,
    /// Why no command shows it. A claim has either this or a command.
    pub no_experiment: Option<Text>,
    /// What would refute it.
    pub refuted: Text,
    /// Where it is not, or no longer, generally true.
    #[serde(default)]
    pub limit: Vec<Limit>,
}

impl Claim {
    /// The claim in both languages.
    pub fn text(&self) -> Text {
        Text { ko: self.ko.clone(), en: self.en.clone() }
    }
}

/// A case in which a claim is not, or no longer, true.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// The case in Korean.
    pub ko: String,
    /// The case in English.
    pub en: String,
    /// The command whose measurement shows it.
    pub command: String,
}

impl Limit {
    /// The case in both languages.
    pub fn text(&self) -> Text {
        Text { ko: self.ko.clone(), en: self.en.clone() }
    }
}

/// A condition under which a claim is meant to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// CPython with its GIL enabled, or the model of it.
    Gil,
    /// No GIL: Rust, or a free-threaded CPython.
    NoGil,
    /// At least two cores.
    TwoCores,
    /// More than one thing to wait for.
    ManyWaits,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ledger {
    claim: Vec<Claim>,
}

static LEDGER: LazyLock<Vec<Claim>> = LazyLock::new(|| {
    let ledger: Ledger =
        basic_toml::from_str(include_str!("../../../docs/claims.toml")).expect("a test reads the ledger");
    ledger.claim
});

/// All claims, in the order of the article.
pub fn ledger() -> &'static [Claim] {
    &LEDGER
}

/// The result of checking a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It held in this run.
    Holds,
    /// It did not hold in this run.
    DoesNotHold,
    /// This machine or this run could not check it, for this reason.
    NotMeasured(Text),
}

impl Outcome {
    /// [`Outcome::Holds`] or [`Outcome::DoesNotHold`].
    pub fn of(holds: bool) -> Outcome {
        if holds { Outcome::Holds } else { Outcome::DoesNotHold }
    }
}

/// A claim, what it was checked on, and the result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// The claim's id in the ledger.
    pub claim: String,
    /// What it was checked on: "Rust", "Rust + GIL", "CPython 3.11.7".
    pub on: Text,
    /// The result.
    pub outcome: Outcome,
    /// What was measured.
    pub evidence: Text,
}

impl Verdict {
    /// A verdict from a measurement.
    pub fn seen(claim: &str, on: impl Into<Text>, holds: bool, evidence: Text) -> Verdict {
        Verdict { claim: claim.to_owned(), on: on.into(), outcome: Outcome::of(holds), evidence }
    }

    /// On a claim that says something may happen: it was seen, or this run could not show it. Not to be seen does not prove that it
    /// cannot happen.
    pub fn seen_once(claim: &str, on: impl Into<Text>, seen: bool, evidence: Text) -> Verdict {
        if seen { Verdict::seen(claim, on, true, evidence) } else { Verdict::not_measured(claim, on, evidence) }
    }

    /// A claim that could not be tried, and why.
    pub fn not_measured(claim: &str, on: impl Into<Text>, why: Text) -> Verdict {
        Verdict {
            claim: claim.to_owned(),
            on: on.into(),
            outcome: Outcome::NotMeasured(why),
            evidence: Text::default(),
        }
    }

    /// Its claim in the ledger. `None` if the ledger has no such id, which is a bug in the experiment.
    pub fn about(&self) -> Option<&'static Claim> {
        ledger().iter().find(|claim| claim.id == self.claim)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::has_hangul;
    use crate::text;

    /// What is wrong with a claim, if anything.
    fn fault(claim: &Claim) -> Option<&'static str> {
        let both = |text: &Text| has_hangul(&text.ko) && !has_hangul(&text.en) && !text.en.is_empty();
        let is_command = |command: &String| command.starts_with("cargo run ");
        let limits = || claim.limit.iter();
        match (&claim.command, &claim.no_experiment) {
            (None, None) => Some("neither an experiment nor a reason why there is none"),
            (Some(_), Some(_)) => Some("an experiment, and a reason why there is none"),
            (Some(command), None) if !is_command(command) => Some("not a command"),
            (None, Some(why)) if !both(why) => Some("a reason in one language"),
            _ if !both(&claim.text()) || !both(&claim.refuted) => Some("words in one language"),
            _ if limits().any(|limit| !both(&limit.text()) || !is_command(&limit.command)) => {
                Some("an incomplete limit")
            }
            _ if claim.ours != claim.states.is_empty() => Some("neither the article's nor ours, or both"),
            _ => None,
        }
    }

    #[test]
    fn every_claim_is_complete_and_has_its_own_id() {
        let claims = ledger();
        assert!(!claims.is_empty());
        for (n, claim) in claims.iter().enumerate() {
            assert_eq!(fault(claim), None, "{}", claim.id);
            assert!(claims[..n].iter().all(|other| other.id != claim.id), "{} is there twice", claim.id);
        }
    }

    #[test]
    fn an_incomplete_claim_is_noticed() {
        let shown = ledger().iter().find(|claim| claim.command.is_some() && !claim.limit.is_empty()).unwrap();
        let with = |change: fn(&mut Claim)| {
            let mut claim = shown.clone();
            change(&mut claim);
            fault(&claim)
        };
        assert_eq!(with(|_| ()), None);
        let wrong: [fn(&mut Claim); 8] = [
            |claim| claim.command = None,
            |claim| claim.no_experiment = Some(text!("이유", "why")),
            |claim| claim.command = Some("cargo test".into()),
            |claim| (claim.command, claim.no_experiment) = (None, Some(Text::same("why"))),
            |claim| claim.refuted.en = String::new(),
            |claim| claim.en.clone_from(&claim.ko),
            |claim| claim.limit[0].command = String::new(),
            |claim| claim.ours = !claim.ours,
        ];
        for (n, change) in wrong.into_iter().enumerate() {
            assert!(with(change).is_some(), "wrong claim {n}");
        }
    }

    /// A claim leaves this list when an experiment shows it; none joins it unnoticed.
    #[test]
    fn claims_without_an_experiment_are_counted() {
        let waiting: Vec<&str> =
            ledger().iter().filter(|claim| claim.command.is_none()).map(|claim| claim.id.as_str()).collect();
        assert_eq!(waiting, WAITING);
    }

    const WAITING: [&str; 3] = ["distributed-celery", "distributed-dask", "distributed-ray"];

    #[test]
    fn a_verdict_on_an_unknown_claim_is_noticed() {
        assert!(Verdict::seen("no-such-claim", "Rust", true, Text::default()).about().is_none());
        assert!(Verdict::seen(&ledger()[0].id, "Rust", true, Text::default()).about().is_some());
    }
}
