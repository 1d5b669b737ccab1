//! What is to be fetched, and what a run came to.

use std::path::PathBuf;
use std::time::Duration;

use lab::cli::FailOn;
use lab::trace::Trace;
use web::Faults;

use super::keep::KeepPlan;
use super::proxy::Proxies;
use super::request::RequestPlan;
use super::retry::Retry;
use super::summary::Summary;
use super::target::Target;
use super::tls::Trust;

/// Whom the calls go to.
#[derive(Clone, Debug)]
pub enum Targets {
    /// Our own server, which answers after a delay and spoils some of the requests.
    Own { delay: Duration, faults: Faults },
    /// These, in turn.
    Given(Vec<Target>),
    /// Those of a file, each once.
    List(PathBuf),
}

impl Targets {
    /// Whether a call may go to an https address; of a list nobody knows.
    pub(super) fn may_need_tls(&self) -> bool {
        match self {
            Targets::Own { .. } => false,
            Targets::Given(targets) => targets.iter().any(|target| target.tls),
            Targets::List(_) => true,
        }
    }

    /// Our own server's delay and faults.
    pub(super) fn own(&self) -> Option<(Duration, Faults)> {
        if let Targets::Own { delay, faults } = self { Some((*delay, *faults)) } else { None }
    }
}

/// What is to be fetched, and how.
#[derive(Clone, Debug)]
pub struct FetchPlan {
    pub targets: Targets,
    /// Number of calls; `None` for a list that can be read only once.
    pub calls: Option<usize>,
    /// How many at a time.
    pub concurrency: usize,
    pub request: RequestPlan,
    /// Redirects that are followed, at the most.
    pub redirects: u32,
    /// From one request to the next.
    pub interval: Option<Duration>,
    /// Requests to one server at a time.
    pub per_host: Option<usize>,
    /// Time for one request.
    pub timeout: Duration,
    /// Time for a call with all its attempts.
    pub deadline: Option<Duration>,
    /// What follows a failed attempt.
    pub retry: Retry,
    /// What faults and jitter are drawn with.
    pub seed: u64,
    /// Where the results go, line by line.
    pub out: Option<PathBuf>,
    /// Whether what is in that file is not done again.
    pub resume: bool,
    pub fail_on: FailOn,
    pub proxies: Proxies,
    /// What is kept of the answers.
    pub keep: KeepPlan,
    /// Whose certificates are believed.
    pub trust: Trust,
}

impl FetchPlan {
    /// How many calls are made at a time: no more than there are.
    pub(super) fn workers(&self) -> usize {
        self.calls.map_or(self.concurrency, |calls| self.concurrency.min(calls))
    }
}

/// What a run came to.
pub(crate) struct Outcome {
    pub(crate) summary: Summary,
    pub(crate) trace: Trace,
    /// From the first call to the last end, in ns.
    pub(crate) wall: f64,
    /// Calls that an earlier run had done.
    pub(crate) done_before: usize,
    /// The reader pressed Ctrl-C.
    pub(crate) interrupted: bool,
}
