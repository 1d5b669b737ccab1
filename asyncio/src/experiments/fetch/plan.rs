//! What is to be fetched, and what a run came to.

use std::path::PathBuf;
use std::time::Duration;

use lab::trace::Trace;
use web::Faults;

use super::retry::Retry;
use super::summary::Summary;
use super::target::Target;

/// What is to be fetched, and how.
#[derive(Clone, Debug)]
pub struct FetchPlan {
    /// Somebody else's servers; empty for our own.
    pub targets: Vec<Target>,
    /// Number of calls.
    pub calls: usize,
    /// How many at a time.
    pub concurrency: usize,
    /// How long our own server takes to answer.
    pub delay: Duration,
    /// What our own server spoils.
    pub faults: Faults,
    /// Time for one attempt.
    pub timeout: Duration,
    /// What follows a failed attempt.
    pub retry: Retry,
    /// What faults and jitter are drawn with.
    pub seed: u64,
    /// Where the results go, line by line.
    pub out: Option<PathBuf>,
}

/// What a run came to.
pub(crate) struct Outcome {
    pub(crate) summary: Summary,
    pub(crate) trace: Trace,
    /// From the first call to the last end, in ns.
    pub(crate) wall: f64,
    /// Attempts under way at once, at the most.
    pub(crate) peak: usize,
    /// The reader pressed Ctrl-C.
    pub(crate) interrupted: bool,
}
