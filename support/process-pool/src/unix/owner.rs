//! What the clones of a pool have together.

use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, OnceLock};

use crate::Builder;
use crate::unix::drive::Shared;
use crate::unix::scheduler::job::Job;
use crate::unix::scheduler::source::Source;

/// Kills the workers when the last clone is dropped; handles do not keep them.
pub struct Owner {
    pub shared: Arc<Shared>,
    /// Where submitted tasks wait.
    pub submitted: Arc<Source>,
    /// What submitted tasks have in common that have no options of their own, by the index of the task.
    pub jobs: Vec<OnceLock<Arc<Job>>>,
    pub options: Builder,
    pub workers: usize,
    /// How many tasks were submitted; their indices in the history.
    pub count: AtomicUsize,
    /// Calls that run now.
    pub calls: AtomicUsize,
    /// No more tasks are taken.
    pub is_shut: AtomicBool,
}

impl Drop for Owner {
    fn drop(&mut self) {
        if !self.shared.is_of_another_process() {
            self.shared.close();
        }
    }
}

impl Owner {
    /// What runs of a task have in common that have no options of their own.
    pub fn job(&self, index: usize) -> Arc<Job> {
        let Builder { retries, timeout, .. } = self.options;
        let job = || Arc::new(Job { task: index as u64, retries, timeout, ..Job::default() });
        Arc::clone(self.jobs[index].get_or_init(job))
    }
}
