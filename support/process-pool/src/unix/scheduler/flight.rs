//! The tasks in flight to one worker: what was sent to it and is not answered. Tasks are counted from the worker's start,
//! modulo 2^32, as in its [claims](crate::unix::claim_state).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::unix::claim_state::Progress;
use crate::unix::frame::ProtocolError;
use crate::unix::scheduler::batch::{Batch, Single, is_same};
use crate::unix::scheduler::job::{Job, Sink};

#[derive(Default)]
pub struct Flight {
    /// Unanswered batches, oldest first.
    batches: VecDeque<Batch>,
    /// Tasks sent in total.
    sent: u32,
    /// Tasks answered in total.
    answered: u32,
    /// Recalled tasks that the worker has not skipped yet; they are the last that were sent.
    recalled: u32,
}

impl Flight {
    /// A batch is sent. Returns how many tasks were sent in total.
    pub fn push(&mut self, batch: Batch) -> u32 {
        self.sent = self.sent.wrapping_add(batch.entries.len() as u32);
        self.batches.push_back(batch);
        self.sent
    }

    /// The batch with the oldest unanswered task.
    pub fn first(&self) -> Option<&Batch> {
        self.batches.front()
    }

    /// The oldest tasks, all of one batch, are answered. Returns the batch if the last one in it was among them.
    pub fn answer(&mut self, tasks: usize) -> Option<Batch> {
        let batch = self.batches.front_mut()?;
        batch.answered += tasks;
        self.answered = self.answered.wrapping_add(tasks as u32);
        if batch.is_empty() { self.batches.pop_front() } else { None }
    }

    /// The worker has skipped so many recalled tasks.
    pub fn skip(&mut self, tasks: u64) -> Result<(), ProtocolError> {
        let skipped = u32::try_from(tasks).map_err(|_| ProtocolError)?;
        self.recalled = self.recalled.checked_sub(skipped).ok_or(ProtocolError)?;
        self.answered = self.answered.wrapping_add(skipped);
        Ok(())
    }

    /// Takes back the tasks that the worker has not begun; `recall` makes sure that it does not, and returns how many it has.
    pub fn recall(&mut self, recall: impl FnOnce() -> u32) -> Vec<Single> {
        if self.recalled > 0 || self.batches.is_empty() {
            return Vec::new();
        }
        let begun = recall();
        let mut keep = begun.wrapping_sub(self.answered) as usize;
        let mut back = Vec::new();
        for batch in &mut self.batches {
            let left = batch.left();
            if keep < left {
                back.extend(batch.split_off(batch.answered + keep));
            }
            keep = keep.saturating_sub(left);
        }
        self.batches.retain(|batch| !batch.is_empty());
        self.recalled = self.sent.wrapping_sub(begun);
        debug_assert_eq!(back.len(), self.recalled as usize);
        back
    }

    /// Removes all unanswered tasks.
    pub fn take_all(&mut self) -> Vec<Single> {
        self.batches.iter_mut().flat_map(|batch| batch.split_off(batch.answered)).collect()
    }

    /// How many unanswered tasks the worker has begun.
    pub fn begun(&self, progress: Progress) -> usize {
        progress.begun.wrapping_sub(self.answered) as usize
    }

    /// How many tasks were answered in total.
    pub fn answered(&self) -> u32 {
        self.answered
    }

    /// The number of batches.
    pub fn batches(&self) -> usize {
        self.batches.len()
    }

    /// How many tasks are unanswered, without the recalled ones.
    pub fn tasks(&self) -> usize {
        self.batches.iter().map(Batch::left).sum()
    }

    /// Whether recalled tasks were not skipped yet.
    pub fn is_recalled(&self) -> bool {
        self.recalled > 0
    }

    /// Whether the worker has nothing to do.
    pub fn is_empty(&self) -> bool {
        self.batches.is_empty() && self.recalled == 0
    }

    /// What its tasks are, batch by batch.
    pub fn jobs(&self) -> impl Iterator<Item = &Arc<Job>> {
        self.batches.iter().map(Batch::job)
    }

    /// The shortest time limit of its tasks.
    pub fn shortest_limit(&self) -> Option<Duration> {
        self.jobs().filter_map(|job| job.timeout).min()
    }

    /// The `n`th unanswered task: its batch, and its place in it.
    fn nth(&self, n: usize) -> Option<(&Batch, usize)> {
        let mut before = 0;
        self.batches.iter().find_map(|batch| {
            let place = n - before;
            before += batch.left();
            (n < before).then_some((batch, batch.answered + place))
        })
    }

    /// What the `n`th unanswered task is.
    pub fn job_of(&self, n: usize) -> Option<&Arc<Job>> {
        self.nth(n).map(|(batch, _)| batch.job())
    }

    /// Who takes the outcome of the `n`th unanswered task.
    pub fn sink_of(&self, n: usize) -> Option<&Arc<dyn Sink>> {
        self.nth(n).map(|(batch, place)| batch.sink(place))
    }

    /// Whether it has a task of this sink.
    pub fn has(&self, sink: &Arc<dyn Sink>) -> bool {
        let is_its = |batch: &Batch| (batch.answered..batch.entries.len()).any(|n| is_same(batch.sink(n), sink));
        self.batches.iter().any(is_its)
    }
}
