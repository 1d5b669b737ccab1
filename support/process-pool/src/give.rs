//! Who gets which tasks: batches are filled, and sent to those who have none or are quick.

use std::sync::Arc;
use std::time::Instant;

use super::batch::Batch;
use super::bytes::{OnTheWay, Way};
use super::engine::{Engine, Errand};
use super::failure::Failure;
use super::frame::{self, Kind, Place};
use super::limits::{BATCH_BYTES, LARGE, VAIN_DEATHS};
use super::process::Worker;
use super::shm::{Arena, Block};

/// Tasks that take less, in ns, are sent before the ones before them are answered.
const QUICK: f64 = 1e6;

impl Engine {
    /// Gives tasks to those that have none; then one batch ahead to those that are quick with theirs.
    pub(super) fn give(&mut self, errand: &mut dyn Errand) {
        if self.vain >= VAIN_DEATHS {
            return;
        }
        self.give_to(0, errand);
        let quick = self.ns_per_task.is_some_and(|ns| ns < QUICK);
        // A task that must not run twice must not be ahead of anything, nor be lost together with others.
        if quick && self.options.retries > 0 {
            self.give_to(1, errand);
        }
    }

    /// A batch to everybody who has `ahead` batches.
    fn give_to(&mut self, ahead: usize, errand: &mut dyn Errand) {
        for n in 0..self.seats.len() {
            if !self.has_work() {
                return;
            }
            if self.seats[n].worker.is_none() {
                self.seat_a_worker(n, Instant::now());
            }
            // Before its first word it may be another program than we think.
            let fits = |w: &Worker| w.ready && w.flight.len() == ahead && w.recalled == 0 && w.verdict.is_none();
            if self.seats[n].worker.as_deref().is_some_and(fits) {
                let batch = self.fill(n, errand);
                self.send(n, batch);
            }
        }
    }

    /// Takes as many tasks as the next batch of this seat may hold.
    fn fill(&mut self, n: usize, errand: &mut dyn Errand) -> Batch {
        let mut batch = self.spare.pop().unwrap_or_default();
        let fair = errand.at_most().map_or(usize::MAX, |rest| (rest + self.again.len()) / (2 * self.seats.len()));
        let most = if self.options.retries == 0 { 1 } else { self.seats[n].batch.min(fair.max(1)) };
        let way = OnTheWay::new(Way { own: Arc::clone(&self.arena), foreign: None, blocks: Vec::new() });
        while batch.tickets.len() < most && batch.arguments.len() < BATCH_BYTES {
            if let Some(again) = self.again.pop_front() {
                batch.push_again(again);
            } else if self.exhausted || !self.pull(&mut batch, &way, errand) {
                break;
            }
        }
        batch
    }

    /// Takes one new task from the errand. False if there is no more.
    fn pull(&mut self, batch: &mut Batch, way: &OnTheWay, errand: &mut dyn Errand) -> bool {
        let start = batch.arguments.len();
        batch.arguments.push(0); // here its length goes, nearly always
        let Some(encoded) = errand.next(&mut batch.arguments) else {
            batch.arguments.truncate(start);
            self.exhausted = true;
            return false;
        };
        self.exhausted = errand.is_over();
        let index = self.next;
        self.next += 1;
        let mut blocks = way.take_blocks();
        match encoded {
            Ok(()) => {
                blocks.extend(place(&mut batch.arguments, start, &self.arena));
                batch.push(index, 0, blocks);
            }
            Err(why) => {
                batch.arguments.truncate(start);
                errand.done(index, Err(Failure::Unreadable(why)));
            }
        }
        true
    }

    fn send(&mut self, n: usize, batch: Batch) {
        let Some(worker) = self.seats[n].worker.as_deref_mut().filter(|_| !batch.tickets.is_empty()) else {
            return self.spare.push(batch);
        };
        let read = worker.memory.take_read();
        let frame = worker.outbox();
        let start = frame.len();
        frame::begin(frame, Kind::Batch);
        for number in [self.task, batch.tickets.len() as u64, read.len() as u64].into_iter().chain(read) {
            frame::put_number(frame, number);
        }
        frame.extend_from_slice(&batch.arguments);
        if !frame::end(frame, start) {
            frame.truncate(start);
            // Only one argument can be so long, and only where shared memory is full.
            self.too_long.extend(batch.tickets.iter().map(|ticket| ticket.index));
            return;
        }
        worker.sent = worker.sent.wrapping_add(batch.tickets.len() as u32);
        worker.claims.allow(worker.sent);
        worker.heard |= worker.flight.is_empty();
        worker.flight.push_back(batch);
        worker.post();
    }
}

/// Writes the length before the argument that begins at `start + 1`; moves it into shared memory if it is large.
fn place(arguments: &mut Vec<u8>, start: usize, arena: &Arc<Arena>) -> Option<Arc<Block>> {
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
    frame::put_place(arguments, Place::There(block.at() as u64, len as u64));
    Some(Arc::new(block))
}
