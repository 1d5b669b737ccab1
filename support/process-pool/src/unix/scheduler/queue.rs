//! The tasks that wait for a worker: those to be run again, and the sources of new ones.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::limits::BATCH_BYTES;
use crate::unix::scheduler::batch::{Batch, Single, is_same};
use crate::unix::scheduler::job::Sink;
use crate::unix::scheduler::source::{Share, Source, Taken};

#[derive(Default)]
pub struct Queue {
    /// Tasks to be sent again, before any new one.
    first: VecDeque<Single>,
    /// Tasks to be sent again when there are no new ones.
    last: VecDeque<Single>,
    /// Where new tasks come from.
    sources: Vec<Arc<Source>>,
    /// The source whose turn it is.
    turn: usize,
    /// Whether no source had anything when it was last asked.
    exhausted: bool,
    spare: Batch,
}

impl Queue {
    /// Adds a source. It is forgotten when it is over.
    pub fn add_source(&mut self, source: Arc<Source>) {
        self.sources.push(source);
        self.exhausted = false;
    }

    /// Sources may have new tasks.
    pub fn look_again(&mut self) {
        self.exhausted = false;
    }

    /// Whether there may be tasks to be sent.
    pub fn may_have_tasks(&self) -> bool {
        !self.first.is_empty() || !self.last.is_empty() || !self.exhausted
    }

    /// How many tasks wait.
    pub fn len(&self) -> usize {
        self.first.len() + self.last.len() + self.sources.iter().map(|source| source.tasks()).sum::<usize>()
    }

    /// Puts back the tasks of a dead worker: those that did not run at the front, in order; those that ran at the back, as
    /// one of them may kill the next worker, too.
    pub fn put_back(&mut self, tasks: Vec<Single>) {
        for task in tasks.into_iter().rev() {
            task.sink.wait_again();
            match task.attempts {
                0 => self.first.push_front(task),
                _ if task.job.retries_last => self.last.push_back(task),
                _ => self.first.push_back(task),
            }
        }
    }

    /// The next batch for a worker. Empty if there is none.
    pub fn next(&mut self, share: &Share, batch: &mut Batch) {
        take_again(&mut self.first, share, batch);
        if batch.is_empty() && self.first.is_empty() {
            self.take_new(share, batch);
            if batch.is_empty() {
                take_again(&mut self.last, share, batch);
            }
        }
    }

    /// New tasks, from one source after the other.
    fn take_new(&mut self, share: &Share, batch: &mut Batch) {
        if self.exhausted {
            return;
        }
        let (mut asked, mut holds_any) = (0, false);
        while asked < self.sources.len() {
            self.turn %= self.sources.len();
            match self.sources[self.turn].take(share, batch, &mut self.spare) {
                Taken::Some => {
                    self.turn += 1;
                    return;
                }
                taken @ (Taken::Nothing | Taken::Held) => {
                    self.turn += 1;
                    asked += 1;
                    holds_any |= taken == Taken::Held;
                }
                Taken::Over => drop(self.sources.remove(self.turn)),
            }
        }
        // What is not sent ahead may be sent to an idle worker. What is held from that one, too, waits for somebody to use
        // results.
        self.exhausted = !(share.ahead && holds_any);
    }

    /// Removes a task that waits to be sent again, or all tasks of that sink.
    pub fn remove(&mut self, sink: &Arc<dyn Sink>) -> Vec<Single> {
        let mut removed = Vec::new();
        for list in [&mut self.first, &mut self.last] {
            if list.iter().any(|task| is_same(&task.sink, sink)) {
                let (theirs, others) = std::mem::take(list).into_iter().partition(|task| is_same(&task.sink, sink));
                *list = others;
                removed.extend(theirs);
            }
        }
        removed
    }

    /// Removes up to so many tasks.
    pub fn drain(&mut self, most: usize) -> Vec<Single> {
        let again = self.first.drain(..).chain(self.last.drain(..));
        let mut drained: Vec<Single> = again.filter(|task| task.sink.begin()).collect();
        let mut batch = Batch::default();
        while drained.len() < most {
            self.take_new(&Share { workers: 1, ahead: false, most }, &mut batch);
            if batch.is_empty() {
                break;
            }
            drained.extend(batch.split_off(0));
            batch.clear();
        }
        drained
    }

    /// Removes all tasks that wait.
    pub fn drain_all(&mut self) -> Vec<Single> {
        let mut drained: Vec<Single> = self.first.drain(..).chain(self.last.drain(..)).collect();
        let batches: Vec<Batch> = self.sources.iter().flat_map(|source| source.drain()).collect();
        drained.extend(batches.into_iter().flat_map(|mut batch| batch.split_off(batch.answered)));
        drained.retain(|task| task.sink.begin());
        self.exhausted = true;
        drained
    }

    /// Whether there are calls that may still bring tasks.
    pub fn has_calls(&self) -> bool {
        self.sources.iter().any(|source| !source.is_lasting())
    }
}

/// Tasks that are sent again. One that ran on a worker that died is sent alone: if it is the reason, no other is charged
/// again.
fn take_again(list: &mut VecDeque<Single>, share: &Share, batch: &mut Batch) {
    let mut most = 1;
    while batch.entries.len() < most && batch.arguments.len() < BATCH_BYTES {
        let Some(next) = list.front() else { return };
        let is_alone = next.attempts > 0 || next.job.retries == 0;
        if (is_alone && (share.ahead || !batch.is_empty())) || !batch.takes(&next.job) {
            return;
        }
        let fair = list.len().div_ceil(2 * share.workers);
        let Some(next) = list.pop_front() else { return };
        if !next.sink.begin() {
            continue;
        }
        most = if is_alone { 1 } else { next.job.pace.most().min(fair.max(most)).min(share.most) };
        batch.push_single(next);
    }
}
