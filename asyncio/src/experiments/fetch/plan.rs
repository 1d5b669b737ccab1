//! The plan of a run, and its outcome.

use std::path::PathBuf;
use std::time::Duration;

use lab::cli::FailOn;
use lab::trace::Trace;
use web::Faults;

use super::keep::KeepPlan;
use super::list::List;
use super::proxy::Proxies;
use super::request::RequestPlan;
use super::retry::Retry;
use super::summary::Summary;
use super::target::Target;
use super::tls::Trust;

/// The servers to call.
#[derive(Clone, Debug)]
pub enum Targets {
    /// Our own server, which answers after a delay and injects faults.
    Own { delay: Duration, faults: Faults },
    /// The given addresses, in turn.
    Given(Vec<Target>),
    /// The calls of a list, once each.
    List(List),
}

impl Targets {
    /// Whether a call may go to an https address. A list may contain one.
    pub(super) fn may_need_tls(&self) -> bool {
        match self {
            Targets::Own { .. } => false,
            Targets::Given(targets) => targets.iter().any(|target| target.tls),
            Targets::List(_) => true,
        }
    }

    /// The delay and the faults of our own server; `None` for other servers.
    pub(super) fn own(&self) -> Option<(Duration, Faults)> {
        if let Targets::Own { delay, faults } = self { Some((*delay, *faults)) } else { None }
    }
}

/// What to fetch, and how.
#[derive(Clone, Debug)]
pub struct FetchPlan {
    pub targets: Targets,
    /// Number of calls; `None` for a list that can be read only once.
    pub calls: Option<usize>,
    /// Maximum number of calls in flight.
    pub concurrency: usize,
    pub request: RequestPlan,
    /// Maximum number of redirects to follow.
    pub redirects: u32,
    /// Time from one request to the next, from `--rate`.
    pub interval: Option<Duration>,
    /// Maximum number of requests in flight to one server.
    pub per_host: Option<usize>,
    /// Time limit for one request.
    pub timeout: Duration,
    /// Time limit for a call with all its attempts.
    pub deadline: Option<Duration>,
    pub retry: Retry,
    /// Seed for faults and jitter.
    pub seed: u64,
    /// The NDJSON file for the results.
    pub out: Option<PathBuf>,
    /// Whether to skip the calls that have a result in that file.
    pub resume: bool,
    pub fail_on: FailOn,
    pub proxies: Proxies,
    pub keep: KeepPlan,
    pub trust: Trust,
}

impl FetchPlan {
    /// Number of workers: the concurrency, but not more than there are calls.
    pub(super) fn workers(&self) -> usize {
        self.calls.map_or(self.concurrency, |calls| self.concurrency.min(calls))
    }
}

/// The outcome of a run.
pub(crate) struct Outcome {
    pub(crate) summary: Summary,
    pub(crate) trace: Trace,
    /// Time from the start of the first call to the end of the last one, in ns.
    pub(crate) wall: f64,
    /// Number of calls that an earlier run had completed.
    pub(crate) done_before: usize,
    /// Whether Ctrl-C ended the run.
    pub(crate) interrupted: bool,
}
