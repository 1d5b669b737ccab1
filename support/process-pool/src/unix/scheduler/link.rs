//! The parent's side of one worker: what was sent to it, what it has answered, and what its silence means.

use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::failure::{End, Failure, WorkerLoss};
use crate::history::{Finish, Stint};
use crate::limits::{KEPT_BUFFER, SILENCE_TIMEOUT, STARTUP_TIMEOUT};
use crate::unix::claim_state::Progress;
use crate::unix::frame::{Inbox, Kind, ProtocolError, Reader, ValueLocation, put_number, put_place};
use crate::unix::result_frame::{Ready, Summary};
use crate::unix::scheduler::batch::{Batch, Pinned, Single, is_same};
use crate::unix::scheduler::delivery::{Delivery, failure};
use crate::unix::scheduler::flight::Flight;
use crate::unix::scheduler::job::Sink;
use crate::unix::scheduler::ledger::Ledger;
use crate::unix::scheduler::outbox::Outbox;
use crate::unix::scheduler::recovery::{Death, Unfinished, Verdict};
use crate::unix::scheduler::worker::Worker;
use crate::unix::shm::Arena;
use crate::unix::transfer::{TransferContext, TransferScope};
use crate::unix::worker::EXIT_FAILED;

/// Workers are looked at at least this often, even if nothing happens.
pub const MAX_CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// A living worker, or one whose death was not noticed yet.
pub struct Link<W> {
    pub worker: W,
    state: State,
    /// Whether the driver polls its pipe now.
    pub is_polled: bool,
    inbox: Inbox,
    flight: Flight,
    outbox: Outbox,
    /// How many tasks it got and was not told to skip.
    tasks: u64,
    /// Its progress and number of answers at the last check that saw a change, and the time of that check.
    last_progress: (Progress, u32, Instant),
    /// Whether it wrote something, or got its first task, since the last check.
    active: bool,
    /// Shared memory that its tasks still hold although they have ended.
    pinned: Pinned,
    /// Why the parent killed it, if it did.
    verdict: Option<Verdict>,
    /// It gets no more tasks, and is replaced.
    is_retired: bool,
}

/// How far it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// Its hello frame has not come.
    Starting,
    /// The initializer runs.
    Initializing,
    Ready,
    /// The initializer has failed.
    Failed(Failure),
}

/// The outcome of reading from a worker once.
#[derive(Debug, PartialEq, Eq)]
pub enum ReadOutcome {
    /// Nothing to read yet.
    Nothing,
    /// Something was read.
    Alive,
    /// It closed its end of the pipe, or wrote what is not a valid frame.
    Dead,
}

/// What every worker is told, and must say, at its beginning.
pub struct Handshake {
    /// The body of its hello frame.
    pub hello: Vec<u8>,
    /// The task to run before all others, and its encoded argument.
    pub initializer: Option<(u64, Vec<u8>)>,
}

/// The loss of a worker.
pub struct Loss {
    /// How it ended.
    pub end: End,
    /// No task explains the death.
    pub unexplained: Option<WorkerLoss>,
    /// Its tasks.
    pub unfinished: Unfinished,
}

impl<W: Worker> Link<W> {
    pub fn new(worker: W, now: Instant) -> Link<W> {
        Link {
            worker,
            state: State::Starting,
            is_polled: false,
            inbox: Inbox::default(),
            flight: Flight::default(),
            outbox: Outbox::default(),
            tasks: 0,
            last_progress: (Progress { begun: 0, ended: 0 }, 0, now),
            active: false,
            pinned: Pinned::default(),
            verdict: None,
            is_retired: false,
        }
    }

    /// Puts the tasks of a batch into its pipe. The batch back if it is too long: only a single argument can be so long, and
    /// only when shared memory is full.
    pub fn send(&mut self, batch: Batch) -> Result<(), Batch> {
        let job = batch.job();
        let memory = job.memory.map_or(0, |bytes| bytes.saturating_add(1));
        if !self.put_frame(job.task, memory, &batch) {
            return Err(batch);
        }
        self.tasks += batch.entries.len() as u64;
        self.active |= self.flight.batches() == 0;
        let sent = self.flight.push(batch);
        self.worker.claims().allow(sent);
        self.flush();
        Ok(())
    }

    /// Gives the worker back what of its memory nobody reads any more, if that is so much. Else it would keep it until its
    /// next task.
    pub fn release(&mut self) {
        let is_idle = self.is_ready() && self.flight.batches() == 0 && !self.has_unsent();
        if is_idle && self.worker.memory().read_bytes() >= KEPT_BUFFER as u64 {
            // An empty batch does that.
            self.put_frame(0, 0, &Batch::default());
            self.flush();
        }
    }

    /// Adds a batch to what is sent. False if it is too long.
    fn put_frame(&mut self, task: u64, memory: u64, batch: &Batch) -> bool {
        let read = self.worker.memory().take_read();
        self.outbox.add(Kind::Batch, |out| {
            for number in [task, memory, batch.entries.len() as u64, read.len() as u64].into_iter().chain(read) {
                put_number(out, number);
            }
            out.extend_from_slice(&batch.arguments);
        })
    }

    /// Whether frames wait to be sent.
    pub fn has_unsent(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// Sends what its pipe takes.
    pub fn flush(&mut self) {
        self.outbox.flush(|bytes| self.worker.write(bytes));
    }

    /// Reads once, and delivers the results that have come.
    pub fn receive(
        &mut self,
        seat: usize,
        handshake: &Handshake,
        arena: &Arc<Arena>,
        ledger: &mut Ledger,
    ) -> ReadOutcome {
        match self.inbox.fill(&mut Reading(&mut self.worker)) {
            Ok(0) => return ReadOutcome::Dead,
            Ok(_) => self.active = true,
            Err(e) if matches!(e.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {
                return ReadOutcome::Nothing;
            }
            Err(_) => return ReadOutcome::Dead,
        }
        let transfer = TransferScope::new(TransferContext {
            foreign: Some(Arc::clone(self.worker.memory())),
            ..TransferContext::encode(arena)
        });
        // Take the inbox out, so that its bytes can be borrowed while the state changes.
        let mut inbox = std::mem::take(&mut self.inbox);
        let outcome = loop {
            let handled = match inbox.frame() {
                Ok(None) => break ReadOutcome::Alive,
                Ok(Some((kind, body))) => self.handle_frame(seat, kind, inbox.body(body), handshake, &transfer, ledger),
                Err(e) => Err(e),
            };
            if handled.is_err() {
                self.verdict = Some(Verdict::ProtocolError);
                break ReadOutcome::Dead;
            }
        };
        inbox.trim();
        self.inbox = inbox;
        outcome
    }

    fn handle_frame(
        &mut self,
        seat: usize,
        kind: Kind,
        body: &[u8],
        handshake: &Handshake,
        transfer: &TransferScope,
        ledger: &mut Ledger,
    ) -> Result<(), ProtocolError> {
        match (kind, &self.state) {
            (Kind::Hello, State::Starting) if body == handshake.hello => {
                self.state = State::Ready;
                if let Some((task, argument)) = &handshake.initializer {
                    self.state = State::Initializing;
                    let fits = self.outbox.add(Kind::Init, |out| {
                        put_number(out, *task);
                        put_place(out, ValueLocation::Inline(argument));
                    });
                    if fits {
                        self.flush();
                    } else {
                        self.state = State::Failed(Failure::Unreadable("its argument is too long".to_owned()));
                        self.worker.kill();
                    }
                }
                Ok(())
            }
            (Kind::Ready, State::Initializing) => {
                self.state = match Ready::of(body)?.0 {
                    Ok(()) => State::Ready,
                    Err((kind, message)) => State::Failed(failure(kind, message)),
                };
                Ok(())
            }
            (Kind::Results, State::Ready) => {
                let mut body = Reader(body);
                let summary = Summary::take(&mut body)?;
                let job = self.flight.first().map(|batch| (Arc::clone(batch.job()), batch.entries.len()));
                let mut left = summary.done;
                while left > 0 {
                    let batch = self.flight.first().ok_or(ProtocolError)?;
                    let (worker, pinned) = (&self.worker, &mut self.pinned);
                    let mut delivery = Delivery { seat, worker, pinned, transfer, ledger };
                    let (delivered, ended) = delivery.deliver(batch, left, &mut body);
                    if let Some(mut done) = self.flight.answer(delivered) {
                        done.clear();
                        ledger.keep(done);
                    }
                    ended?;
                    left -= delivered as u64;
                }
                body.end()?;
                self.flight.skip(summary.skipped)?;
                if let Some((job, sent)) = job {
                    job.pace.note(sent, summary.done, summary.ns);
                }
                Ok(())
            }
            _ => Err(ProtocolError),
        }
    }

    /// Whether its beginning is over.
    pub fn is_ready(&self) -> bool {
        self.state == State::Ready
    }

    /// Whether it can be sent a batch when it has so many at most.
    pub fn takes_more(&self, most: usize) -> bool {
        // Before its hello frame, the worker may turn out to be another program.
        self.is_ready()
            && self.flight.batches() <= most
            && !self.flight.is_recalled()
            && self.verdict.is_none()
            && !self.is_retired
            && self.flight.jobs().all(|job| job.retries > 0)
    }

    /// The number of batches that it has.
    pub fn batches(&self) -> usize {
        self.flight.batches()
    }

    /// Whether it has nothing to do.
    pub fn is_idle(&self) -> bool {
        self.flight.is_empty()
    }

    /// Whether a frame is expected from it.
    pub fn is_awaited(&self) -> bool {
        !self.is_ready() || !self.is_idle()
    }

    /// How many unanswered tasks it has, without the recalled ones.
    pub fn load(&self) -> usize {
        self.flight.tasks()
    }

    /// How many tasks it got and was not told to skip.
    pub fn tasks(&self) -> u64 {
        self.tasks
    }

    /// It gets no more tasks.
    pub fn retire(&mut self) {
        self.is_retired = true;
    }

    /// Whether it can go.
    pub fn has_retired(&self) -> bool {
        self.is_retired && self.is_idle()
    }

    /// How long its progress has been unchanged.
    fn unchanged_for(&mut self, now: Instant) -> Duration {
        let progress = self.worker.claims().progress();
        let seen = (progress, self.flight.answered());
        if std::mem::take(&mut self.active) || seen != (self.last_progress.0, self.last_progress.1) {
            self.last_progress = (progress, self.flight.answered(), now);
        }
        now.saturating_duration_since(self.last_progress.2)
    }

    /// How many of its unanswered tasks it has begun.
    fn begun(&self) -> usize {
        self.flight.begun(self.last_progress.0)
    }

    /// The shortest time limit of its tasks.
    pub fn shortest_limit(&self) -> Option<Duration> {
        self.flight.shortest_limit()
    }

    /// Looks at what it has done since the last look. Kills it if it hangs, was stopped or is silent.
    pub fn look(&mut self, now: Instant) -> Look {
        if self.verdict.is_some() {
            return if self.worker.has_ended() { Look::Ended } else { Look::Fine };
        }
        if !self.is_awaited() {
            return Look::Fine;
        }
        let unchanged = self.unchanged_for(now);
        if let Some(verdict) = self.verdict_after(unchanged) {
            if self.worker.has_ended() {
                // Its end is the reason of its silence.
                return Look::Ended;
            }
            self.kill(verdict);
            return Look::Fine;
        }
        if unchanged >= MAX_CHECK_INTERVAL && self.worker.has_ended() {
            return Look::Ended;
        }
        let is_behind = !self.flight.is_recalled() && self.load() > self.begun();
        if is_behind { Look::Unchanged(unchanged) } else { Look::Fine }
    }

    /// Whether to kill it, and why.
    fn verdict_after(&self, unchanged: Duration) -> Option<Verdict> {
        match self.state {
            State::Starting => return (unchanged >= STARTUP_TIMEOUT).then_some(Verdict::Silent),
            // It may take long.
            State::Initializing => {
                let is_stopped = unchanged >= MAX_CHECK_INTERVAL && self.worker.is_stopped();
                return is_stopped.then_some(Verdict::Stopped);
            }
            State::Failed(_) => return (unchanged >= SILENCE_TIMEOUT).then_some(Verdict::Silent),
            State::Ready => {}
        }
        let runs = self.last_progress.0.begun != self.last_progress.0.ended;
        let limit = || self.flight.job_of(self.begun().checked_sub(1)?)?.timeout;
        if runs && limit().is_some_and(|limit| unchanged >= limit) {
            return Some(Verdict::TimedOut);
        }
        if unchanged >= MAX_CHECK_INTERVAL && self.worker.is_stopped() {
            return Some(Verdict::Stopped);
        }
        if runs || unchanged < SILENCE_TIMEOUT {
            return None;
        }
        // Either it does not begin its task, or it has ended one and never sent a complete, valid result.
        Some(if self.begun() == 0 { Verdict::Silent } else { Verdict::ProtocolError })
    }

    /// Kills it. Frames that it wrote before are still read.
    fn kill(&mut self, verdict: Verdict) {
        self.verdict = Some(verdict);
        self.worker.kill();
    }

    /// Takes back the tasks that it has not begun.
    pub fn recall(&mut self) -> Vec<Single> {
        let back = self.flight.recall(|| self.worker.claims().recall());
        self.tasks -= back.len() as u64;
        back
    }

    /// Whether it has a task of this sink.
    pub fn has(&self, sink: &Arc<dyn Sink>) -> bool {
        self.flight.has(sink)
    }

    /// Kills it if its running task is of this sink. The tasks behind it were recalled, so that no other can have begun.
    pub fn kill_if_it_runs(&mut self, sink: &Arc<dyn Sink>) -> bool {
        let progress = self.worker.claims().progress();
        let begun = self.flight.begun(progress);
        let can_kill = matches!(self.verdict, None | Some(Verdict::TimedOut | Verdict::Stopped | Verdict::Silent));
        let is_its = can_kill
            && progress.begun != progress.ended
            && begun.checked_sub(1).and_then(|n| self.flight.sink_of(n)).is_some_and(|running| is_same(running, sink));
        if is_its {
            self.kill(Verdict::Killed);
        }
        is_its
    }

    /// Waits for its end, and takes what it has not finished.
    pub fn reap(&mut self, seat: usize, clock: u64, ledger: &mut Ledger) -> Loss {
        let end = self.worker.reap();
        let how = match self.verdict {
            Some(Verdict::ProtocolError) => End::ProtocolError,
            Some(Verdict::Stopped) => End::Stopped,
            _ => end,
        };
        let progress = self.worker.claims().progress();
        // The shared state of a dead worker is not trusted beyond that.
        let begun = self.flight.begun(progress);
        // A task that was to be killed may have ended a moment before, but its result did not come.
        let ran =
            progress.begun != progress.ended || matches!(self.verdict, Some(Verdict::ProtocolError | Verdict::Killed));
        let culprit = if ran { begun.checked_sub(1) } else { None };
        let left = self.flight.take_all();
        let is_explained = (begun > 0 && !left.is_empty()) || self.verdict == Some(Verdict::Killed);
        let loss = match &self.state {
            State::Failed(failure) => WorkerLoss::Initializer(Box::new(failure.clone())),
            // It has done something else, and ended: another one would do the same.
            State::Starting if matches!(how, End::Code(code) if code != EXIT_FAILED) => WorkerLoss::NotAWorker,
            _ => WorkerLoss::Ended(how),
        };
        if let Some(task) = culprit.and_then(|place| left.get(place)).filter(|_| ledger.records()) {
            let finish = if self.verdict == Some(Verdict::TimedOut) { Finish::TimedOut } else { Finish::Died };
            let start = self.worker.claims().started();
            ledger.record(Stint { seat, pid: self.worker.pid(), task: task.index, start, end: clock, finish });
        }
        let death = Death { how, verdict: self.verdict, begun, culprit, last_words: self.worker.last_words() };
        Loss { end: how, unexplained: (!is_explained).then_some(loss), unfinished: death.charge(left) }
    }
}

/// What a look at a worker has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    Fine,
    /// It has ended, but maybe a process that it started keeps its pipe open.
    Ended,
    /// It has tasks that it has not begun, and its progress has been unchanged for so long.
    Unchanged(Duration),
}

struct Reading<'a, W>(&'a mut W);

impl<W: Worker> Read for Reading<'_, W> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}
