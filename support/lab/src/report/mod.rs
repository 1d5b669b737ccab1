//! What an experiment returns: what happened, what was measured, which claims held.

pub mod asked;
pub mod chart;
pub mod unit;

use serde::{Deserialize, Serialize};

pub use asked::{Asked, Seen};
pub use chart::{Chart, Curve};
pub use unit::Unit;

use crate::claims::Verdict;
use crate::lang::Text;
use crate::stats;
use crate::trace::Trace;

/// One measured quantity: every sample, in the order in which it was taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Stable name for programs, unique in its report: `wall.threads`.
    pub id: String,
    /// Name for readers.
    pub name: Text,
    /// Unit of all samples.
    pub unit: Unit,
    /// The samples; never empty.
    pub samples: Vec<f64>,
}

impl Measure {
    /// A quantity measured once or more often.
    pub fn new(id: impl Into<String>, name: Text, unit: Unit, samples: Vec<f64>) -> Measure {
        Measure { id: id.into(), name, unit, samples }
    }

    /// The smallest sample; not a number without samples.
    #[must_use]
    pub fn least(&self) -> f64 {
        self.samples.iter().copied().fold(f64::NAN, f64::min)
    }

    /// The median of the samples; NaN without any.
    pub fn median(&self) -> f64 {
        stats::median(&self.samples).unwrap_or(f64::NAN)
    }
}

/// A table that is neither lanes nor measurements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The line over it.
    pub title: Text,
    /// The heads of the columns.
    pub head: Vec<Text>,
    /// Rows of as many cells as there are columns.
    pub rows: Vec<Vec<Text>>,
}

/// A part of the report that the first screen shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Front {
    /// A trace, by its place in [`Report::traces`].
    Trace(usize),
    /// A chart, by its place in [`Report::charts`].
    Chart(usize),
    /// A table, by its place in [`Report::tables`].
    Table(usize),
    /// The measurements.
    Measures,
}

/// What an experiment returns. Missing parts are empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Report {
    /// `section/experiment`.
    pub experiment: String,
    /// Lines that the program printed while it ran, in order, in the language it ran in.
    pub lines: Vec<String>,
    /// What ran, in the order of drawing.
    pub traces: Vec<Trace>,
    /// What was measured.
    pub measures: Vec<Measure>,
    /// Curves over a number of things.
    pub charts: Vec<Chart>,
    /// Other tables.
    pub tables: Vec<Table>,
    /// Whether those tables show the measurements already, so that a page need not list them again.
    pub measures_in_tables: bool,
    /// Which claims of the article held.
    pub verdicts: Vec<Verdict>,
    /// What was done, how large a unit of work is, what could not be measured and why.
    pub notes: Vec<Text>,
    /// What it shows, in a sentence.
    pub shows: Text,
    /// What the reader can do about it, below the sentence. A line that begins with blanks is code and is kept as it is. Absent in
    /// JSON where there is nothing to do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub advice: Vec<Text>,
    /// What the first screen shows beside the sentence and the verdicts: one pair of drawings, or one table, which is then never
    /// cut. Empty: the first two traces, else the first chart, table, or the measurements. `--full` shows everything.
    #[serde(skip)]
    pub front: Vec<Front>,
    /// How many of the first verdicts the first screen shows in words, if its tables show the others.
    #[serde(skip)]
    pub front_verdicts: Option<usize>,
    /// The questions of `--ask`, the reader's answers and what was seen. Absent in JSON without `--ask`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<Asked>,
    /// What failed, one line each; the page shows the first [`FAILURES_ON_PAGE`]. Absent in JSON when nothing failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Text>,
    /// The exit code of a run whose report is worth reading although some of it failed. Absent in JSON when it is 0.
    #[serde(skip_serializing_if = "is_success")]
    pub exit_code: u8,
}

/// A page names so many failures and counts the rest; `--json` has them all.
pub const FAILURES_ON_PAGE: usize = 10;

fn is_success(exit_code: &u8) -> bool {
    *exit_code == 0
}

impl Report {
    /// An empty report of `section/experiment`.
    pub fn new(experiment: impl Into<String>) -> Report {
        Report { experiment: experiment.into(), ..Report::default() }
    }

    /// Something failed and the rest was done: it is named, and the exit code is 1.
    pub fn fail(&mut self, what: Text) {
        self.failures.push(what);
        self.exit_code = 1;
    }

    /// What the first screen shows: [`Report::front`], or what stands for it.
    pub fn first_screen(&self) -> Vec<Front> {
        if !self.front.is_empty() {
            return self.front.clone();
        }
        match (self.traces.len(), self.charts.len(), self.tables.len()) {
            (0, 0, 0) if self.measures.is_empty() => Vec::new(),
            (0, 0, 0) => vec![Front::Measures],
            (0, 0, _) => vec![Front::Table(0)],
            (0, _, _) => vec![Front::Chart(0)],
            (traces, _, _) => (0..traces.min(2)).map(Front::Trace).collect(),
        }
    }

    /// All traces and charts.
    pub fn all_drawings(&self) -> (Vec<&Trace>, Vec<&Chart>) {
        (self.traces.iter().collect(), self.charts.iter().collect())
    }

    /// Those of the first screen; all, if it has none.
    pub fn front_drawings(&self) -> (Vec<&Trace>, Vec<&Chart>) {
        let (mut traces, mut charts) = (Vec::new(), Vec::new());
        for part in self.first_screen() {
            match part {
                Front::Trace(n) => traces.extend(self.traces.get(n)),
                Front::Chart(n) => charts.extend(self.charts.get(n)),
                Front::Table(_) | Front::Measures => {}
            }
        }
        if traces.is_empty() && charts.is_empty() { self.all_drawings() } else { (traces, charts) }
    }

    /// As one JSON object, with a line's end.
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("a report is plain data");
        format!("{json}\n")
    }

    /// A measurement by its id.
    pub fn measure(&self, id: &str) -> Option<&Measure> {
        self.measures.iter().find(|measure| measure.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_code_is_in_the_json_only_when_some_of_it_failed() {
        let whole = Report::new("section/whole");
        assert!(!whole.to_json().contains("exit_code"));
        let mut partly = Report::new("section/partly");
        partly.fail(Text::same("one file"));
        assert_eq!(partly.exit_code, 1);
        for report in [whole, partly] {
            assert_eq!(serde_json::from_str::<Report>(&report.to_json()).unwrap(), report);
        }
    }
}
