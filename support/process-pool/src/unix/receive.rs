//! Receives frames from workers and delivers the results in them.

use std::io::ErrorKind;
use std::sync::Arc;

use crate::failure::Failure;
use crate::history::{Finish, Stint};
use crate::limits::{BATCH_TASKS, BATCH_TIME};
use crate::unix::engine::Engine;
use crate::unix::frame::{Kind, ProtocolError, Reader, ValueLocation};
use crate::unix::jobs::JobSource;
use crate::unix::result_frame::{self, ResultKind, Summary, TaskResult};
use crate::unix::transfer::{TransferContext, TransferScope};
use crate::unix::worker_handle::{Verdict, WorkerHandle};

/// The outcome of reading from a worker once.
enum ReadOutcome {
    /// Nothing to read yet.
    Nothing,
    /// Something was read.
    Alive,
    /// The worker closed its end of the pipe.
    Closed,
    /// The bytes are not a valid frame.
    ProtocolError,
}

impl Engine {
    /// Reads from a worker, and handles its death if the pipe is closed. False if there was nothing to read.
    pub(super) fn read_from(&mut self, n: usize, jobs: &mut dyn JobSource) -> bool {
        let Some(mut worker) = self.slots[n].worker.take() else { return false };
        match self.read_frames(n, &mut worker, jobs) {
            ReadOutcome::Nothing => {
                self.slots[n].worker = Some(worker);
                return false;
            }
            ReadOutcome::Alive => self.slots[n].worker = Some(worker),
            ReadOutcome::Closed => self.handle_death(n, worker, jobs),
            ReadOutcome::ProtocolError => {
                worker.verdict = Some(Verdict::ProtocolError);
                self.handle_death(n, worker, jobs);
            }
        }
        true
    }

    fn read_frames(&mut self, n: usize, worker: &mut WorkerHandle, jobs: &mut dyn JobSource) -> ReadOutcome {
        match worker.inbox.fill(&mut worker.from) {
            Ok(0) => return ReadOutcome::Closed,
            Ok(_) => worker.active = true,
            Err(e) if matches!(e.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {
                return ReadOutcome::Nothing;
            }
            Err(_) => return ReadOutcome::Closed,
        }
        let transfer = TransferScope::new(TransferContext {
            foreign: Some(Arc::clone(&worker.memory)),
            ..TransferContext::encode(&self.arena)
        });
        // Take the inbox out, so that its bytes can be borrowed while the worker's state changes.
        let mut inbox = std::mem::take(&mut worker.inbox);
        let outcome = loop {
            match inbox.frame() {
                Ok(None) => break ReadOutcome::Alive,
                Ok(Some((kind, body))) => {
                    if self.handle_frame(n, worker, kind, inbox.body(body), &transfer, jobs).is_err() {
                        break ReadOutcome::ProtocolError;
                    }
                }
                Err(ProtocolError) => break ReadOutcome::ProtocolError,
            }
        };
        inbox.trim();
        worker.inbox = inbox;
        outcome
    }

    fn handle_frame(
        &mut self,
        n: usize,
        worker: &mut WorkerHandle,
        kind: Kind,
        body: &[u8],
        transfer: &TransferScope,
        jobs: &mut dyn JobSource,
    ) -> Result<(), ProtocolError> {
        match kind {
            Kind::Hello if !worker.ready && body == self.hello => {
                worker.ready = true;
                Ok(())
            }
            Kind::Results if worker.ready => {
                let mut body = Reader(body);
                let summary = Summary::take(&mut body)?;
                for _ in 0..summary.done {
                    let result = TaskResult::take(&mut body)?;
                    self.deliver(n, worker, &result, transfer, jobs)?;
                }
                body.end()?;
                worker.recalled = u32::try_from(summary.skipped)
                    .ok()
                    .and_then(|skipped| worker.recalled.checked_sub(skipped))
                    .ok_or(ProtocolError)?;
                worker.answered = worker.answered.wrapping_add(summary.skipped as u32);
                self.update_batch_size(n, &summary);
                Ok(())
            }
            _ => Err(ProtocolError),
        }
    }

    /// Delivers the result of the worker's oldest unanswered task.
    fn deliver(
        &mut self,
        n: usize,
        worker: &mut WorkerHandle,
        result: &TaskResult<'_>,
        transfer: &TransferScope,
        jobs: &mut dyn JobSource,
    ) -> Result<(), ProtocolError> {
        let pid = worker.pid();
        let batch = worker.flight.front_mut().ok_or(ProtocolError)?;
        let place = batch.answered;
        let index = batch.entries[place].index;
        let value = match result.value {
            ValueLocation::Inline(bytes) => bytes,
            ValueLocation::Shared(at, len) => worker.memory.bytes(at, len).ok_or(ProtocolError)?,
        };
        let mut blocks = batch.blocks_of(place);
        let memory = &result.memory;
        worker.pinned.release(&memory.released);
        worker.pinned.keep(&memory.kept, &blocks)?;
        worker.pinned.append_to(&mut blocks);
        let refers = !blocks.is_empty() || !memory.lent.is_empty();
        if refers {
            transfer.set(blocks, memory.lent.iter().map(|at| Arc::new(worker.memory.lending(*at))).collect());
        }
        jobs.done(index, outcome(result.kind, value));
        if let ValueLocation::Shared(at, len) = result.value {
            worker.memory.give_back(at, len);
        }
        if refers {
            transfer.set(Vec::new(), Vec::new());
        }
        if result.span.1 > 0 {
            let finish = if result.kind == ResultKind::Done { Finish::Done } else { Finish::Failed };
            let (start, end) = result.span;
            self.history.push(Stint { seat: n, pid, task: index, start, end, finish });
        }
        self.count_answer(worker)
    }

    /// Advances to the next task in flight; a batch that is answered completely is kept for reuse.
    fn count_answer(&mut self, worker: &mut WorkerHandle) -> Result<(), ProtocolError> {
        let batch = worker.flight.front_mut().ok_or(ProtocolError)?;
        batch.answered += 1;
        worker.answered = worker.answered.wrapping_add(1);
        if batch.left() == 0 {
            let mut done = worker.flight.pop_front().ok_or(ProtocolError)?;
            done.clear();
            self.spare.push(done);
        }
        self.unexplained_deaths = 0;
        Ok(())
    }

    /// Derives the next batch size from the measured time per task.
    fn update_batch_size(&mut self, n: usize, summary: &Summary) {
        if summary.done == 0 {
            return;
        }
        let now = summary.ns as f64 / summary.done as f64;
        // Adapt at once when tasks become slower, gradually when they become faster.
        let ns = self.ns_per_task.map_or(now, |before| now.max(f64::midpoint(before, now)));
        self.ns_per_task = Some(ns);
        let wanted = (BATCH_TIME / ns.max(1.0)) as usize;
        let slot = &mut self.slots[n];
        slot.batch = wanted.clamp(1, BATCH_TASKS).min(slot.batch.saturating_mul(2));
    }
}

/// The value of a task, or its failure with the worker's message.
fn outcome(kind: ResultKind, value: &[u8]) -> Result<&[u8], Failure> {
    let message = || String::from_utf8_lossy(value).into_owned();
    match kind {
        ResultKind::Done => Ok(value),
        ResultKind::Panicked => Err(Failure::Panicked(Box::new(result_frame::read_panic(value)))),
        ResultKind::Unreadable => Err(Failure::Unreadable(message())),
    }
}
