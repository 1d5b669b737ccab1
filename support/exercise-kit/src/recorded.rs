//! What one run of one scenario leaves behind. The grader's promises are questions to this document, whichever language the
//! submission is written in.

use std::collections::BTreeMap;

use lab::lang::Text;
use lab::trace::Trace;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One run of one scenario.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// The scenario, by its name in `lab.toml`.
    pub scenario: String,
    /// The word that the grader gave to this run: a document from elsewhere has another one.
    pub nonce: String,
    /// The lanes.
    pub trace: Trace,
    /// What the driver wrote down besides, by name.
    pub facts: BTreeMap<String, Value>,
    /// Who waited for what when the run was ended because nothing went on.
    pub blocked: Vec<Blocked>,
    /// The steps of the interleaving that loom found, in order.
    pub interleaving: Vec<Step>,
    /// The panic or the exception that ended the scenario.
    pub failed: Option<String>,
    /// Whether the scenario came to its end. If not, this is what was recorded until the time was up.
    pub finished: bool,
}

/// Who waits for what, and who has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blocked {
    /// The thread or task that waits.
    pub who: Text,
    /// A lock, a message, the end of a thread.
    pub waits_for: Text,
    /// The thread or task that has it, by the name that it has in `who`; `None` if nobody has it.
    pub held_by: Option<Text>,
}

/// One step of an interleaving: a row of the table whose columns are the threads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The thread: the head of its column.
    pub thread: String,
    /// What it does.
    pub what: Text,
}

impl Recorded {
    /// A fact, if it was written down and has this type.
    pub fn fact<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_value(self.facts.get(name)?.clone()).ok()
    }
}
