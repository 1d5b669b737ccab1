//! What has happened: the outcomes that were delivered, recorded runs, statistics, and what is to be told.

use crate::Failure;
use crate::history::Stint;
use crate::observer::Event;
use crate::stats::Stats;
use crate::unix::scheduler::batch::{Batch, Single};
use crate::unix::scheduler::job::{Action, After};

/// Batches whose buffers can be used again; more are freed.
const MOST_SPARE: usize = 64;

pub struct Ledger {
    records: bool,
    tells: bool,
    history: Vec<Stint>,
    pub stats: Stats,
    pub after: After,
    spare: Vec<Batch>,
    /// How many batches were sent.
    pub batches: u64,
    /// Whether an outcome came from a worker, or at all, since the last question.
    has_results: bool,
    has_outcomes: bool,
}

impl Ledger {
    pub fn new(records: bool, tells: bool) -> Ledger {
        Ledger {
            records,
            tells,
            history: Vec::new(),
            stats: Stats::default(),
            after: After::default(),
            spare: Vec::new(),
            batches: 0,
            has_results: false,
            has_outcomes: false,
        }
    }

    /// A worker has answered, with a value of this size or a failure.
    pub fn answered(&mut self, size: Option<usize>) {
        (self.has_results, self.has_outcomes) = (true, true);
        match size {
            Some(size) => {
                self.stats.done += 1;
                self.stats.received_bytes += size as u64;
            }
            None => self.stats.failed += 1,
        }
    }

    /// A task ends without an answer.
    pub fn fail(&mut self, task: Single, failure: Failure) {
        self.has_outcomes = true;
        match failure {
            Failure::Cancelled => self.stats.cancelled += 1,
            _ => self.stats.failed += 1,
        }
        task.sink.done(task.index, Err(task.job.failure(failure)), &mut self.after);
    }

    /// Whether a worker has answered since the last question.
    pub fn take_has_results(&mut self) -> bool {
        std::mem::take(&mut self.has_results)
    }

    /// Whether an outcome was delivered since the last question.
    pub fn take_has_outcomes(&mut self) -> bool {
        std::mem::take(&mut self.has_outcomes)
    }

    /// Whether runs are recorded.
    pub fn records(&self) -> bool {
        self.records
    }

    pub fn record(&mut self, stint: Stint) {
        self.history.push(stint);
    }

    pub fn history(&self) -> &[Stint] {
        &self.history
    }

    pub fn tell(&mut self, event: impl FnOnce() -> Event) {
        if self.tells {
            self.after.push(Action::Tell(event()));
        }
    }

    /// A batch that can be filled again.
    pub fn spare(&mut self) -> Batch {
        self.spare.pop().unwrap_or_default()
    }

    /// Keeps an empty batch for reuse.
    pub fn keep(&mut self, batch: Batch) {
        if self.spare.len() < MOST_SPARE {
            self.spare.push(batch);
        }
    }
}
