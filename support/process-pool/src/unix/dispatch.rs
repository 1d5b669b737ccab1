//! Dispatch: fills batches and sends them to workers that are idle or process their tasks quickly.

use std::sync::Arc;
use std::time::Instant;

use crate::failure::Failure;
use crate::limits::{BATCH_BYTES, KEPT_BUFFER, LARGE};
use crate::unix::batch::{Batch, Retry};
use crate::unix::engine::{Engine, JobSource};
use crate::unix::frame::{self, Kind, ValueLocation};
use crate::unix::shm::{Arena, Block};
use crate::unix::transfer::{TransferContext, TransferScope};
use crate::unix::worker_handle::WorkerHandle;

/// Below this run time, in ns, a worker gets a second batch before it has answered the first.
const QUICK: f64 = 1e6;

impl Engine {
    /// Dispatches to idle workers, then one batch ahead to workers with quick tasks.
    pub(super) fn dispatch(&mut self, jobs: &mut dyn JobSource) {
        if self.is_hopeless() {
            return;
        }
        self.dispatch_to(0, jobs);
        let quick = self.ns_per_task.is_some_and(|ns| ns < QUICK);
        // A task that must not run twice must not be queued, or it could be lost with the worker.
        if quick && self.options.retries > 0 {
            self.dispatch_to(1, jobs);
        }
    }

    /// Sends a batch to each worker that has `ahead` batches in flight.
    fn dispatch_to(&mut self, ahead: usize, jobs: &mut dyn JobSource) {
        for n in 0..self.slots.len() {
            if !self.has_work() {
                return;
            }
            if self.slots[n].worker.is_none() {
                self.start_worker(n, Instant::now());
            }
            // Before its hello frame, the worker may turn out to be another program.
            let fits = |w: &WorkerHandle| w.ready && w.flight.len() == ahead && w.recalled == 0 && w.verdict.is_none();
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
        let transfer = TransferScope::new(TransferContext::encode(&self.arena));
        while batch.entries.len() < most && batch.arguments.len() < BATCH_BYTES {
            // A task that ran on a worker that died is sent alone: if one of them is the reason, no other is charged again.
            let may_join = |retry: &mut Retry| retry.attempts == 0 || batch.entries.is_empty();
            if let Some(retry) = self.retry_queue.pop_front_if(may_join) {
                let alone = retry.attempts > 0;
                batch.push_retry(retry);
                if alone {
                    break;
                }
            } else if !self.retry_queue.is_empty() {
                break;
            } else if self.exhausted || !self.pull(&mut batch, &transfer, jobs) {
                break;
            }
        }
        batch
    }

    /// Pulls one new task from the source. False if there are no more.
    fn pull(&mut self, batch: &mut Batch, transfer: &TransferScope, jobs: &mut dyn JobSource) -> bool {
        let start = batch.arguments.len();
        batch.arguments.push(0); // here its length goes, nearly always
        let Some(encoded) = jobs.next(&mut batch.arguments) else {
            batch.arguments.truncate(start);
            self.exhausted = true;
            return false;
        };
        self.exhausted = jobs.is_over();
        let index = self.next;
        self.next += 1;
        let mut blocks = transfer.take_blocks();
        match encoded {
            Ok(()) => {
                blocks.extend(finish_argument(&mut batch.arguments, start, &self.arena));
                batch.push(index, 0, blocks);
            }
            Err(why) => {
                batch.arguments.truncate(start);
                jobs.done(index, Err(Failure::Unreadable(why)));
            }
        }
        true
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

/// Writes the length of the argument in front of it, at `start`; moves a large argument into shared memory.
fn finish_argument(arguments: &mut Vec<u8>, start: usize, arena: &Arc<Arena>) -> Option<Arc<Block>> {
    let len = arguments.len() - start - 1;
    if len < 64 {
        arguments[start] = (len as u8) << 1;
        return None;
    }
    let mut head = Vec::with_capacity(10);
    let block = if len < LARGE { None } else { arena.block(len) };
    let Some(mut block) = block else {
        frame::put_number(&mut head, (len as u64) << 1);
        arguments.splice(start..=start, head);
        return None;
    };
    block.bytes_mut().copy_from_slice(&arguments[start + 1..]);
    arguments.truncate(start);
    arguments.shrink_to(KEPT_BUFFER);
    frame::put_place(arguments, ValueLocation::Shared(block.at() as u64, len as u64));
    Some(Arc::new(block))
}

impl WorkerHandle {
    /// Adds a batch to what is sent. False if it is too long.
    fn put_batch(&mut self, task: u64, batch: &Batch) -> bool {
        let read = self.memory.take_read();
        let frame = self.outbox();
        let start = frame.len();
        frame::begin(frame, Kind::Batch);
        for number in [task, batch.entries.len() as u64, read.len() as u64].into_iter().chain(read) {
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
