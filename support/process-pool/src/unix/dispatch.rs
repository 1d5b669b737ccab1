//! Dispatch: fills batches and sends them to workers that are idle or process their tasks quickly.

use std::time::Instant;

use crate::limits::{BATCH_BYTES, KEPT_BUFFER};
use crate::unix::batch::{Batch, Retry};
use crate::unix::engine::Engine;
use crate::unix::frame::{self, Kind};
use crate::unix::jobs::{JobSource, Supply};
use crate::unix::worker_handle::WorkerHandle;

/// Below this run time, in ns, a worker gets a second batch before it has answered the first.
const QUICK: f64 = 1e6;

impl Engine {
    /// Dispatches to idle workers, then one batch ahead to workers with quick tasks.
    pub(super) fn dispatch(&mut self, jobs: &mut dyn JobSource) {
        if self.is_hopeless() {
            return;
        }
        self.starved = false;
        self.dispatch_to(0, jobs);
        if self.sends_ahead() {
            self.dispatch_to(1, jobs);
        }
    }

    /// Whether workers with tasks get more.
    fn sends_ahead(&self) -> bool {
        // A task that must not run twice must not be queued, or it could be lost with the worker.
        self.ns_per_task.is_some_and(|ns| ns < QUICK) && self.options.retries > 0
    }

    /// Whether a worker waits for a task. (One with a batch gets the next ahead when something else happens: to wake for each
    /// argument would make small batches of quick tasks.)
    pub(super) fn has_room(&self) -> bool {
        self.is_hopeless() || self.slots.iter().any(|slot| slot.worker.as_deref().is_some_and(|w| w.takes_more(0)))
    }

    /// Sends a batch to each worker that has `ahead` batches in flight.
    fn dispatch_to(&mut self, ahead: usize, jobs: &mut dyn JobSource) {
        for n in 0..self.slots.len() {
            if !self.has_work() || (self.starved && self.retry_queue.is_empty()) {
                return;
            }
            if self.slots[n].worker.is_none() {
                self.start_worker(n, Instant::now());
            }
            let fits = |w: &WorkerHandle| w.flight.len() == ahead && w.takes_more(ahead);
            if self.slots[n].worker.as_deref().is_some_and(fits) {
                let batch = self.fill(n, jobs);
                self.send(n, batch);
            }
        }
    }

    /// Collects tasks for the next batch of this slot.
    fn fill(&mut self, n: usize, jobs: &mut dyn JobSource) -> Batch {
        let mut batch = self.spare.pop().unwrap_or_default();
        let fair = jobs.at_most().map_or(usize::MAX, |rest| (rest + self.retry_queue.len()) / (2 * self.slots.len()));
        let most = if self.options.retries == 0 { 1 } else { self.slots[n].batch.min(fair.max(1)) };
        while batch.entries.len() < most && batch.arguments.len() < BATCH_BYTES {
            // A task that ran on a worker that died is sent alone: if one of them is the reason, no other is charged again.
            let may_join = |retry: &mut Retry| retry.attempts == 0 || batch.entries.is_empty();
            if let Some(retry) = self.retry_queue.pop_front_if(may_join) {
                let alone = retry.attempts > 0;
                batch.push_retry(retry);
                if alone {
                    break;
                }
            } else if !self.retry_queue.is_empty() || self.exhausted {
                break;
            } else {
                let supply = jobs.take(most, &mut batch);
                self.exhausted = supply == Supply::Over;
                self.starved = supply != Supply::Full;
                break;
            }
        }
        batch
    }

    /// Gives large results back to idle workers, which would keep them until their next task. An empty batch does that.
    pub(super) fn release(&mut self) {
        for slot in &mut self.slots {
            let is_idle = |worker: &&mut WorkerHandle| worker.ready && worker.flight.is_empty() && !worker.has_unsent();
            let Some(worker) = slot.worker.as_deref_mut().filter(is_idle) else { continue };
            if worker.memory.read_bytes() >= KEPT_BUFFER as u64 {
                worker.put_batch(0, &Batch::default());
                worker.flush();
            }
        }
    }

    fn send(&mut self, n: usize, batch: Batch) {
        let Some(worker) = self.slots[n].worker.as_deref_mut().filter(|_| !batch.entries.is_empty()) else {
            return self.spare.push(batch);
        };
        if !worker.put_batch(self.task, &batch) {
            // Only a single argument can be so long, and only when shared memory is full.
            self.too_long.extend(batch.entries.iter().map(|entry| entry.index));
            return;
        }
        worker.sent = worker.sent.wrapping_add(batch.entries.len() as u32);
        worker.claims.allow(worker.sent);
        worker.active |= worker.flight.is_empty();
        worker.flight.push_back(batch);
        worker.flush();
    }
}

impl WorkerHandle {
    /// Whether it can be sent a batch when it has so many at most.
    fn takes_more(&self, most: usize) -> bool {
        // Before its hello frame, the worker may turn out to be another program.
        self.ready && self.flight.len() <= most && self.recalled == 0 && self.verdict.is_none()
    }

    /// Adds a batch to what is sent. False if it is too long.
    fn put_batch(&mut self, task: u64, batch: &Batch) -> bool {
        let read = self.memory.take_read();
        let frame = self.outbox();
        let start = frame.len();
        frame::begin(frame, Kind::Batch);
        let memory = 0; // the worker's own limit
        for number in [task, memory, batch.entries.len() as u64, read.len() as u64].into_iter().chain(read) {
            frame::put_number(frame, number);
        }
        frame.extend_from_slice(&batch.arguments);
        let fits = frame::end(frame, start);
        if !fits {
            frame.truncate(start);
        }
        fits
    }
}
