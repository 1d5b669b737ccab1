//! The plan of a run, and its outcome.

use std::path::PathBuf;
use std::time::Duration;

use lab::trace::Trace;
use web::Faults;

use super::retry::Retry;
use super::summary::Summary;
use super::target::Target;

/// What to fetch, and how.
#[derive(Clone, Debug)]
pub struct FetchPlan {
    /// The given addresses; empty for our own server.
    pub targets: Vec<Target>,
    /// Number of calls.
    pub calls: usize,
    /// Maximum number of calls in flight.
    pub concurrency: usize,
    /// Time until our own server answers.
    pub delay: Duration,
    /// Faults that our own server injects.
    pub faults: Faults,
    /// Time limit for one attempt.
    pub timeout: Duration,
    pub retry: Retry,
    /// Seed for faults and jitter.
    pub seed: u64,
    /// The NDJSON file for the results.
    pub out: Option<PathBuf>,
}

/// The outcome of a run.
pub(crate) struct Outcome {
    pub(crate) summary: Summary,
    pub(crate) trace: Trace,
    /// Time from the start of the first call to the end of the last one, in ns.
    pub(crate) wall: f64,
    /// The most attempts that were in flight at once.
    pub(crate) peak: usize,
    /// Whether Ctrl-C ended the run.
    pub(crate) interrupted: bool,
}
