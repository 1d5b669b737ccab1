//! What workers say, and what is done when one of them says nothing any more.

use std::io::ErrorKind;
use std::sync::Arc;

use super::batch::Again;
use super::bytes::{OnTheWay, Way};
use super::clock;
use super::engine::{Engine, Errand};
use super::failure::{End, Failure, WorkerLoss};
use super::frame::{Garbage, Kind, Place, Reader};
use super::history::{Finish, Stint};
use super::limits::{BATCH_TASKS, BATCH_TIME};
use super::process::{Verdict, Worker};
use super::told::{How, Summary, Told};

/// What reading from a worker came to.
enum Heard {
    /// It has said nothing yet.
    Nothing,
    /// It goes on.
    Alive,
    /// Its end of the pipe is closed.
    Closed,
    /// Not our protocol.
    Garbage,
}

impl Engine {
    /// Reads what a worker has said; it may have died. False if there is nothing to read yet.
    pub(super) fn listen(&mut self, n: usize, errand: &mut dyn Errand) -> bool {
        let Some(mut worker) = self.seats[n].worker.take() else { return false };
        match self.hear(n, &mut worker, errand) {
            Heard::Nothing => {
                self.seats[n].worker = Some(worker);
                return false;
            }
            Heard::Alive => self.seats[n].worker = Some(worker),
            Heard::Closed => self.mourn(n, worker, errand),
            Heard::Garbage => {
                worker.verdict = Some(Verdict::Garbage);
                self.mourn(n, worker, errand);
            }
        }
        true
    }

    fn hear(&mut self, n: usize, worker: &mut Worker, errand: &mut dyn Errand) -> Heard {
        match worker.inbox.fill(&mut worker.from) {
            Ok(0) => return Heard::Closed,
            Ok(_) => worker.heard = true,
            Err(e) if matches!(e.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => return Heard::Nothing,
            Err(_) => return Heard::Closed,
        }
        let foreign = Some(Arc::clone(&worker.memory));
        let way = OnTheWay::new(Way { own: Arc::clone(&self.arena), foreign, blocks: Vec::new() });
        // The inbox is taken out, so that what is in it can be read while the worker's state changes.
        let mut inbox = std::mem::take(&mut worker.inbox);
        let heard = loop {
            match inbox.frame() {
                Ok(None) => break Heard::Alive,
                Ok(Some((kind, body))) => {
                    if self.understand(n, worker, kind, inbox.body(body), &way, errand).is_err() {
                        break Heard::Garbage;
                    }
                }
                Err(Garbage) => break Heard::Garbage,
            }
        };
        inbox.trim();
        worker.inbox = inbox;
        heard
    }

    fn understand(
        &mut self,
        n: usize,
        worker: &mut Worker,
        kind: Kind,
        body: &[u8],
        way: &OnTheWay,
        errand: &mut dyn Errand,
    ) -> Result<(), Garbage> {
        match kind {
            Kind::Hello if !worker.ready && body == self.hello => {
                worker.ready = true;
                Ok(())
            }
            Kind::Results if worker.ready => {
                let mut body = Reader(body);
                let summary = Summary::take(&mut body)?;
                for _ in 0..summary.done {
                    let told = Told::take(&mut body)?;
                    self.deliver(n, worker, &told, way, errand)?;
                }
                body.end()?;
                worker.recalled = u32::try_from(summary.skipped)
                    .ok()
                    .and_then(|skipped| worker.recalled.checked_sub(skipped))
                    .ok_or(Garbage)?;
                worker.answered = worker.answered.wrapping_add(summary.skipped as u32);
                self.learn(n, &summary);
                Ok(())
            }
            _ => Err(Garbage),
        }
    }

    /// Hands on what became of the task that the worker was to answer next.
    fn deliver(
        &mut self,
        n: usize,
        worker: &mut Worker,
        told: &Told<'_>,
        way: &OnTheWay,
        errand: &mut dyn Errand,
    ) -> Result<(), Garbage> {
        let pid = worker.pid();
        let batch = worker.flight.front_mut().ok_or(Garbage)?;
        let place = batch.answered;
        let index = batch.tickets[place].index;
        let value = match told.value {
            Place::Here(bytes) => bytes,
            Place::There(at, len) => worker.memory.bytes(at, len).ok_or(Garbage)?,
        };
        if !batch.blocks.is_empty() {
            let blocks = batch.blocks_of(place);
            if told.kept {
                worker.pinned.extend(blocks.iter().cloned());
            }
            way.set_blocks(blocks);
        }
        let words = || String::from_utf8_lossy(value).into_owned();
        errand.done(
            index,
            match told.how {
                How::Done => Ok(value),
                How::Panicked => Err(Failure::Panicked(words())),
                How::Unreadable => Err(Failure::Unreadable(words())),
            },
        );
        if let Place::There(at, _) = told.value {
            worker.memory.give_back(at);
        }
        if told.span.1 > 0 {
            let finish = if told.how == How::Done { Finish::Done } else { Finish::Failed };
            let (start, end) = told.span;
            self.history.push(Stint { seat: n, pid, task: index, start, end, finish });
        }
        batch.answered += 1;
        worker.answered = worker.answered.wrapping_add(1);
        if batch.left() == 0 {
            let mut done = worker.flight.pop_front().ok_or(Garbage)?;
            done.clear();
            self.spare.push(done);
        }
        self.vain = 0;
        Ok(())
    }

    /// Learns from the time that tasks took how many to send at once.
    fn learn(&mut self, n: usize, summary: &Summary) {
        if summary.done == 0 {
            return;
        }
        let now = summary.ns as f64 / summary.done as f64;
        // What was slow once may be slow again: be quick to believe that, and slow to forget it.
        let ns = self.ns_per_task.map_or(now, |before| now.max(f64::midpoint(before, now)));
        self.ns_per_task = Some(ns);
        let wanted = (BATCH_TIME / ns.max(1.0)) as usize;
        let seat = &mut self.seats[n];
        seat.batch = wanted.clamp(1, BATCH_TASKS).min(seat.batch.saturating_mul(2));
    }

    /// A worker has died. The task that it had begun is to blame, and nobody else.
    pub(super) fn mourn(&mut self, n: usize, mut worker: Box<Worker>, errand: &mut dyn Errand) {
        let end = worker.child.bury();
        let how = match worker.verdict {
            Some(Verdict::Garbage) => End::Garbage,
            Some(Verdict::Stopped) => End::Stopped,
            _ => end,
        };
        let progress = worker.claims.progress();
        // What it had begun is counted from the first task without an answer. Its words are not trusted beyond that.
        let begun = progress.begun.wrapping_sub(worker.answered) as usize;
        let ran = progress.begun != progress.ended || worker.verdict == Some(Verdict::Garbage);
        let culprit = if ran { begun.checked_sub(1) } else { None };
        let mut blamed = false;
        let mut again = Vec::new();
        let left: Vec<Again> = worker.flight.iter_mut().flat_map(|batch| batch.split_off(batch.answered)).collect();
        for (place, mut task) in left.into_iter().enumerate() {
            let began = place < begun;
            if culprit == Some(place) {
                blamed = true;
                task.attempts += 1;
                self.note_death(n, &worker, task.index);
                if task.attempts > self.options.retries {
                    let attempts = task.attempts;
                    let timed_out = worker.verdict == Some(Verdict::TimedOut);
                    let failure =
                        if timed_out { Failure::TimedOut { attempts } } else { Failure::Died { how, attempts } };
                    errand.done(task.index, Err(failure));
                    continue;
                }
            } else if began && self.options.retries == 0 {
                // It came to its end, and its value is lost: it must not run again.
                errand.done(task.index, Err(Failure::Died { how, attempts: 1 }));
                continue;
            }
            again.push(task);
        }
        if blamed {
            self.vain = 0;
        } else {
            self.died_in_vain(n, WorkerLoss::Ended(how));
        }
        self.put_back(again);
    }

    /// Tasks of a dead worker go to the front in their order; one that was blamed goes behind all.
    fn put_back(&mut self, again: Vec<Again>) {
        for task in again.into_iter().rev() {
            if task.attempts > 0 { self.again.push_back(task) } else { self.again.push_front(task) }
        }
    }

    fn note_death(&mut self, n: usize, worker: &Worker, task: usize) {
        if self.options.record {
            let timed_out = worker.verdict == Some(Verdict::TimedOut);
            let finish = if timed_out { Finish::TimedOut } else { Finish::Died };
            let (start, end) = (worker.claims.started(), clock::now());
            self.history.push(Stint { seat: n, pid: worker.pid(), task, start, end, finish });
        }
    }

    /// Takes back what a worker has not begun.
    pub(super) fn recall(&mut self, n: usize) {
        let Some(worker) = self.seats[n].worker.as_deref_mut() else { return };
        let begun = worker.claims.recall();
        let taken = worker.sent.wrapping_sub(begun);
        let mut keep = begun.wrapping_sub(worker.answered) as usize;
        let mut again = Vec::new();
        for batch in &mut worker.flight {
            let left = batch.left();
            if keep < left {
                again.extend(batch.split_off(batch.answered + keep));
            }
            keep = keep.saturating_sub(left);
        }
        worker.flight.retain(|batch| batch.left() > 0);
        worker.recalled = taken;
        debug_assert_eq!(again.len(), taken as usize);
        self.again.extend(again);
    }
}
