//! Gives the results in a frame of a worker to those who wait for them.

use std::sync::Arc;

use crate::Failure;
use crate::history::{Finish, Stint};
use crate::unix::frame::{ProtocolError, Reader, ValueLocation};
use crate::unix::result_frame::{self, MemoryNotes, ResultKind, TaskResult};
use crate::unix::scheduler::batch::{Batch, Pinned};
use crate::unix::scheduler::job::Done;
use crate::unix::scheduler::ledger::Ledger;
use crate::unix::scheduler::worker::Worker;
use crate::unix::transfer::TransferScope;

/// What a worker's results have to do with.
pub struct Delivery<'a, W> {
    pub seat: usize,
    pub worker: &'a W,
    /// Shared memory that its tasks still hold although they have ended.
    pub pinned: &'a mut Pinned,
    pub transfer: &'a TransferScope,
    pub ledger: &'a mut Ledger,
}

impl<W: Worker> Delivery<'_, W> {
    /// Delivers the results that come next, of the unanswered tasks of this batch and at most so many. Returns how many were
    /// delivered, also if the next one is invalid.
    pub fn deliver(&mut self, batch: &Batch, most: u64, body: &mut Reader<'_>) -> (usize, Result<(), ProtocolError>) {
        let most = usize::try_from(most).map_or(batch.left(), |most| most.min(batch.left()));
        let Some(sink) = batch.only_sink() else { return self.each(batch, most, body, None) };
        let mut delivered = (0, Ok(()));
        sink.all_done(&mut |done| delivered = self.each(batch, most, body, Some(done)));
        delivered
    }

    fn each(
        &mut self,
        batch: &Batch,
        most: usize,
        body: &mut Reader<'_>,
        mut done: Option<&mut Done<'_>>,
    ) -> (usize, Result<(), ProtocolError>) {
        for n in 0..most {
            let place = batch.answered + n;
            let ended = TaskResult::take(body).and_then(|result| self.one(batch, place, &result, done.as_deref_mut()));
            if ended.is_err() {
                return (n, ended);
            }
        }
        (most, Ok(()))
    }

    /// Delivers one result: to `done`, or to the sink of its task.
    fn one(
        &mut self,
        batch: &Batch,
        place: usize,
        result: &TaskResult<'_>,
        done: Option<&mut Done<'_>>,
    ) -> Result<(), ProtocolError> {
        let memory = self.worker.memory();
        let value = match result.value {
            ValueLocation::Inline(bytes) => bytes,
            ValueLocation::Shared(at, len) => memory.bytes(at, len).ok_or(ProtocolError)?,
        };
        // Nearly every task has nothing to do with shared memory.
        let has_notes = result.memory.is_some() || batch.has_blocks() || !self.pinned.is_empty();
        let refers = has_notes && self.refer(batch, place, result.memory.as_deref())?;
        let is_done = result.kind == ResultKind::Done;
        self.ledger.answered(is_done.then_some(value.len()));
        let failed = || batch.job().failure(failure(result.kind, value));
        let outcome = if is_done { Ok(value) } else { Err(failed()) };
        let index = batch.entries[place].index;
        match done {
            Some(done) => done(index, outcome, &mut self.ledger.after),
            None => batch.sink(place).done(index, outcome, &mut self.ledger.after),
        }
        if let ValueLocation::Shared(at, len) = result.value {
            memory.give_back(at, len);
        }
        if refers {
            self.transfer.set(Vec::new(), Vec::new());
        }
        if result.span.1 > 0 {
            let finish = if is_done { Finish::Done } else { Finish::Failed };
            let (start, end) = result.span;
            let pid = self.worker.pid();
            self.ledger.record(Stint { seat: self.seat, pid, task: index, start, end, finish });
        }
        Ok(())
    }

    /// Sets what the value of a task may refer to. False if that is nothing.
    #[cold]
    fn refer(&mut self, batch: &Batch, place: usize, notes: Option<&MemoryNotes>) -> Result<bool, ProtocolError> {
        let mut blocks = batch.blocks_of(place);
        let mut lent = Vec::new();
        if let Some(notes) = notes {
            self.pinned.release(&notes.released);
            self.pinned.keep(&notes.kept, &blocks)?;
            lent.extend(notes.lent.iter().map(|at| Arc::new(self.worker.memory().lending(*at))));
        }
        self.pinned.append_to(&mut blocks);
        let refers = !blocks.is_empty() || !lent.is_empty();
        if refers {
            self.transfer.set(blocks, lent);
        }
        Ok(refers)
    }
}

/// The failure that a worker reports with this message.
pub fn failure(kind: ResultKind, message: &[u8]) -> Failure {
    match kind {
        ResultKind::Panicked => Failure::Panicked(Box::new(result_frame::read_panic(message))),
        _ => Failure::Unreadable(String::from_utf8_lossy(message).into_owned()),
    }
}
