//! The scheduler: which worker gets which tasks, and what becomes of them. It does no input and output of its own, knows no
//! thread and no clock: it acts on what a [`World`] has, when a driver tells that something may have happened.
//!
//! | part | its state |
//! |---|---|
//! | [`queue`] | tasks that wait: to be run again, or new ones of any [`source`] |
//! | [`slots`] | the places of workers, and why one is empty |
//! | [`link`] | one worker: its answers, what its silence means, what its death leaves |
//! | [`flight`] | the tasks that one worker has |
//! | [`delivery`] | none: the results in a frame, and who gets them |
//! | [`outbox`] | frames on their way to it |
//! | [`recovery`] | none: what becomes of the tasks of a dead worker |
//! | [`ledger`] | what has happened: outcomes, recorded runs, statistics |
//! | [`job`], [`batch`] | what travels |
//!
//! `simulation` runs it with models of workers, in thousands of orders of events.

pub mod batch;
mod delivery;
mod flight;
pub mod job;
mod ledger;
mod link;
mod outbox;
mod queue;
mod recovery;
#[cfg(test)]
mod simulation;
mod slots;
pub mod source;
pub mod worker;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::failure::{Failure, WorkerLoss};
use crate::history::Stint;
use crate::observer::Event;
use crate::stats::Stats;
use crate::unix::shm::Arena;
use batch::Single;
use job::{After, Sink};
use ledger::Ledger;
pub use link::Handshake;
use link::{Link, Look, Loss, MAX_CHECK_INTERVAL, ReadOutcome};
use queue::Queue;
use slots::Slots;
use source::{Share, Source};
use worker::{Worker, World};

/// A task must run at least this long before the ones behind it are recalled.
const RECALL_AFTER: Duration = Duration::from_millis(2);
/// Workers are looked at at most this often.
const MIN_CHECK_INTERVAL: Duration = Duration::from_millis(1);
/// How many tasks are failed at a time when no worker lives: an iterator may be infinite.
const GIVEN_UP_AT_ONCE: usize = 256;

/// What holds for all workers.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// After so many tasks a worker is replaced.
    pub most_tasks: Option<u64>,
    /// A worker with more memory, in bytes, is replaced when it has ended its tasks.
    pub most_memory: Option<u64>,
    /// Whether to record runs.
    pub records: bool,
    /// Whether anybody wants to be told of events.
    pub tells: bool,
}

/// See the head of this file.
pub struct Scheduler<W: World> {
    pub world: W,
    arena: Arc<Arena>,
    handshake: Handshake,
    options: Options,
    queue: Queue,
    slots: Slots<W::Worker>,
    ledger: Ledger,
    last_look: Instant,
    /// When the memory of workers was last looked at.
    last_weighing: Instant,
    /// A worker that is not polled has got tasks, or a new one was started; or frames wait for room.
    must_poll_anew: bool,
    /// When the leader looks again at the latest.
    next_look: Instant,
    is_closed: bool,
    /// Tasks that have not begun are cancelled, and those that come.
    cancels_new: bool,
}

impl<W: World> Scheduler<W> {
    /// Starts so many workers.
    pub fn start(
        mut world: W,
        workers: usize,
        arena: Arc<Arena>,
        handshake: Handshake,
        options: Options,
    ) -> Result<Scheduler<W>, WorkerLoss> {
        let started = world.start(workers);
        let now = world.now();
        let mut scheduler = Scheduler {
            arena,
            handshake,
            queue: Queue::default(),
            slots: Slots::new(workers, now),
            ledger: Ledger::new(options.records, options.tells),
            last_look: now,
            last_weighing: now,
            must_poll_anew: false,
            next_look: now,
            is_closed: false,
            cancels_new: false,
            options,
            world,
        };
        // Those that live first: only with all of them it is known whether one does.
        let (living, failed): (Vec<_>, Vec<_>) =
            started.into_iter().enumerate().partition(|(_, worker)| worker.is_ok());
        for (n, worker) in living.into_iter().chain(failed) {
            scheduler.install(n, worker);
        }
        // If no worker at all can be started, report the reason now.
        if scheduler.slots.links().next().is_none() {
            return Err(scheduler.slots.last_loss().clone());
        }
        Ok(scheduler)
    }

    fn install(&mut self, n: usize, worker: std::io::Result<W::Worker>) {
        let now = self.world.now();
        match worker {
            Ok(worker) => {
                self.ledger.stats.started += 1;
                let pid = worker.pid();
                self.slots.put(n, Box::new(Link::new(worker, now)));
                self.must_poll_anew = true;
                self.ledger.tell(|| Event::WorkerStarted { pid });
            }
            Err(e) => {
                if self.slots.record_failed_start(n, e.to_string(), now) {
                    self.ledger.tell(|| Event::WorkerMissing { why: e.to_string() });
                }
            }
        }
    }

    /// The living workers, with their places.
    pub fn workers(&self) -> impl Iterator<Item = (usize, &W::Worker)> {
        self.slots.links().map(|(n, link)| (n, &link.worker))
    }

    pub fn history(&self) -> &[Stint] {
        self.ledger.history()
    }

    pub fn stats(&self) -> Stats {
        let running = self.in_flight();
        let workers = self.slots.links().count();
        Stats { queued: self.queue.len(), running, workers, ..self.ledger.stats }
    }

    /// What is to be done when the scheduler is not locked any more.
    pub fn take_after(&mut self) -> After {
        std::mem::take(&mut self.ledger.after)
    }

    /// Adds a source of tasks.
    pub fn add_source(&mut self, source: Arc<Source>) {
        self.queue.add_source(source);
    }

    /// Sends tasks to workers: sources may have new ones. True if any were sent.
    pub fn dispatch(&mut self) -> bool {
        self.queue.look_again();
        let before = self.ledger.batches;
        self.send_tasks();
        before != self.ledger.batches
    }

    /// Whether new tasks should be dispatched as soon as they come: some worker waits for them, or none is there.
    pub fn is_hungry(&self) -> bool {
        // Whoever brings tasks that nobody runs has them cancelled.
        if self.is_closed || self.cancels_new {
            return true;
        }
        let has_room = || self.slots.links().any(|(_, link)| link.takes_more(0));
        !self.queue.may_have_tasks() && (self.slots.links().count() < self.slots.len() || has_room())
    }

    /// Whether sources have tasks.
    pub fn has_new_tasks(&self) -> bool {
        self.queue.has_new()
    }

    /// The only worker from which something is awaited, if there is exactly one and all its frames are sent.
    pub fn only_awaited(&self) -> Option<usize> {
        let mut awaited = self.slots.links().filter(|(_, link)| link.is_awaited());
        let (n, link) = awaited.next()?;
        (awaited.next().is_none() && !link.has_unsent()).then_some(n)
    }

    /// Whether tasks have not ended.
    pub fn is_busy(&self) -> bool {
        self.in_flight() > 0 || self.queue.len() > 0
    }

    /// Whether the leader should look again: a worker that it does not poll may write now, somebody else than the leader
    /// has delivered an outcome, or there is a limit now that it would miss.
    pub fn take_must_look(&mut self) -> bool {
        let has_outcomes = self.ledger.take_has_outcomes();
        let would_be_late = self.world.now() + self.time_to_look() < self.next_look;
        std::mem::take(&mut self.must_poll_anew) || has_outcomes || would_be_late
    }

    /// The workers to be polled: calls `poll` with each, and whether frames wait to be sent to it.
    pub fn poll_each(&mut self, mut poll: impl FnMut(usize, &W::Worker, bool)) {
        self.must_poll_anew = false;
        self.ledger.take_has_outcomes();
        for n in 0..self.slots.len() {
            let Some(link) = self.slots.get(n) else { continue };
            // The death of an idle worker matters only when it is to be sent tasks.
            link.is_polled = link.is_awaited();
            if link.is_polled {
                poll(n, &link.worker, link.has_unsent());
            }
        }
    }

    fn in_flight(&self) -> usize {
        self.slots.links().map(|(_, link)| link.load()).sum()
    }

    /// Sends tasks to idle workers, then one batch ahead to workers with quick tasks.
    fn send_tasks(&mut self) {
        if self.is_closed || self.cancels_new {
            return self.cancel_all();
        }
        if self.slots.is_hopeless() {
            return self.give_up();
        }
        for ahead in [0, 1] {
            for n in 0..self.slots.len() {
                if !self.queue.may_have_tasks() {
                    break;
                }
                self.fill(n, ahead);
            }
        }
    }

    /// Sends a batch to a worker that has `ahead` batches.
    fn fill(&mut self, n: usize, ahead: usize) {
        if ahead == 0 && self.slots.get(n).is_none() {
            if self.queue.len() == 0 {
                // No worker is there to ask, so that nobody else would find out.
                return self.queue.found_nothing();
            }
            let now = self.world.now();
            if self.slots.is_due(n, now) {
                let worker = self.world.start(1).pop();
                self.install(n, worker.unwrap_or_else(|| Err(std::io::ErrorKind::NotFound.into())));
            }
        }
        let workers = self.slots.len();
        let Some(link) = self.slots.get(n).filter(|link| link.batches() == ahead && link.takes_more(ahead)) else {
            return;
        };
        let most = self.options.most_tasks.map_or(u64::MAX, |most| most.saturating_sub(link.tasks()));
        let mut batch = self.ledger.spare();
        let share = Share { workers, ahead: ahead > 0, most: usize::try_from(most).unwrap_or(usize::MAX) };
        self.queue.next(&share, &mut batch);
        if batch.is_empty() {
            return self.ledger.keep(batch);
        }
        let bytes = batch.arguments.len() as u64;
        match link.send(batch) {
            Ok(()) => {
                self.ledger.batches += 1;
                self.ledger.stats.sent_bytes += bytes;
            }
            Err(mut batch) => {
                for task in batch.split_off(0) {
                    let why = "too long for a frame, and no shared memory left".to_owned();
                    self.ledger.fail(task, Failure::Unreadable(why));
                }
            }
        }
        if self.options.most_tasks.is_some_and(|most| link.tasks() >= most) {
            link.retire();
        }
        self.must_poll_anew |= !link.is_polled || link.has_unsent();
    }

    /// Reads from a worker. False if there was nothing to read.
    pub fn receive(&mut self, n: usize) -> bool {
        let Some(link) = self.slots.get(n) else { return false };
        let outcome = link.receive(n, &self.handshake, &self.arena, &mut self.ledger);
        if self.ledger.take_has_results() {
            self.slots.forget_deaths();
        }
        match outcome {
            ReadOutcome::Nothing => return false,
            ReadOutcome::Alive => {
                self.recycle(n);
                // Where one call follows the other, nobody looks at workers in between.
                self.weigh();
            }
            ReadOutcome::Dead => self.handle_death(n),
        }
        true
    }

    /// A worker can take more bytes.
    pub fn flush(&mut self, n: usize) {
        if let Some(link) = self.slots.get(n) {
            link.flush();
        }
    }

    /// Replaces a worker that has had its share.
    fn recycle(&mut self, n: usize) {
        if self.slots.get(n).is_some_and(|link| link.has_retired())
            && let Some(mut link) = self.slots.take(n)
        {
            link.worker.reap();
            self.ledger.stats.recycled += 1;
            let pid = link.worker.pid();
            self.ledger.tell(|| Event::WorkerRecycled { pid });
        }
    }

    /// A worker is dead: its tasks are run again, or fail.
    fn handle_death(&mut self, n: usize) {
        let clock = self.world.clock();
        let Some(mut link) = self.slots.take(n) else { return };
        let Loss { end, unexplained, unfinished } = link.reap(n, clock, &mut self.ledger);
        self.ledger.stats.deaths += 1;
        let pid = link.worker.pid();
        self.ledger.tell(|| Event::WorkerDied { pid, how: end });
        match unexplained {
            Some(loss) => self.slots.record_unexplained_death(n, loss, self.world.now()),
            None => self.slots.forget_deaths(),
        }
        for (task, failure) in unfinished.failed {
            self.ledger.fail(task, failure);
        }
        self.ledger.stats.retried += unfinished.again.iter().filter(|task| task.attempts > 0).count() as u64;
        self.queue.put_back(unfinished.again);
    }

    /// Looks at workers that have been silent, and recalls tasks behind slow ones for idle workers.
    pub fn look_at_workers(&mut self) {
        let now = self.world.now();
        if now.duration_since(self.last_look) < MIN_CHECK_INTERVAL {
            return;
        }
        self.last_look = now;
        self.release();
        self.weigh();
        let can_share = self.can_share();
        for n in 0..self.slots.len() {
            let Some(link) = self.slots.get(n) else { continue };
            match link.look(now) {
                Look::Fine => {}
                // A process that it started may keep its pipe open: nothing more will come.
                Look::Ended => {
                    while self.receive(n) {}
                    if self.slots.get(n).is_some_and(|link| link.worker.has_ended()) {
                        self.handle_death(n);
                    }
                }
                Look::Unchanged(time) if can_share && time >= RECALL_AFTER => {
                    let back = link.recall();
                    self.queue.put_back(back);
                }
                Look::Unchanged(_) => {}
            }
        }
    }

    /// Retires workers that have too much memory.
    fn weigh(&mut self) {
        let Some(most) = self.options.most_memory else { return };
        let now = self.world.now();
        if now.duration_since(self.last_weighing) < 50 * MIN_CHECK_INTERVAL {
            return;
        }
        self.last_weighing = now;
        for n in 0..self.slots.len() {
            let Some(link) = self.slots.get(n) else { continue };
            if link.is_ready() && link.worker.memory_used().is_some_and(|bytes| bytes > most) {
                link.retire();
                self.recycle(n);
            }
        }
    }

    /// Whether a worker is idle while others have tasks that they have not begun.
    fn can_share(&self) -> bool {
        let workers = self.slots.links().count();
        let has_idle = workers < self.slots.len() || self.slots.links().any(|(_, link)| link.is_idle());
        has_idle && !self.queue.may_have_tasks() && self.slots.links().any(|(_, link)| link.load() > 1)
    }

    /// How long the leader may wait until it looks at workers.
    pub fn next_look(&mut self) -> Duration {
        let time = self.time_to_look();
        self.next_look = self.world.now() + time;
        time
    }

    fn time_to_look(&self) -> Duration {
        let now = self.world.now();
        let mut next = MAX_CHECK_INTERVAL;
        for (_, link) in self.slots.links() {
            if let Some(limit) = link.shortest_limit() {
                next = next.min(limit / 8);
            }
        }
        if self.can_share() {
            next = next.min(RECALL_AFTER);
        }
        if self.queue.may_have_tasks()
            && let Some(start) = self.slots.next_start(now)
        {
            next = next.min(start);
        }
        next.max(MIN_CHECK_INTERVAL)
    }

    /// Cancels the tasks of this sink that have not begun; and kills the worker that runs one, if asked to. False if there is
    /// nothing that this could change.
    pub fn cancel(&mut self, sink: &Arc<dyn Sink>, kill: bool) -> bool {
        let (mut has_changed, mut has_recalled) = (false, false);
        for n in 0..self.slots.len() {
            let Some(link) = self.slots.get(n).filter(|link| link.has(sink)) else { continue };
            let back = link.recall();
            has_recalled |= !back.is_empty();
            if kill {
                has_changed |= link.kill_if_it_runs(sink);
                self.must_poll_anew |= !link.is_polled;
            }
            self.queue.put_back(back);
        }
        for task in self.queue.remove(sink) {
            has_changed |= self.cancel_one(task);
        }
        if has_recalled {
            // Tasks of others may have been among them, and some worker may be idle.
            self.dispatch();
        }
        has_changed
    }

    /// A task that is about to be dropped ends as cancelled, unless it has done so already.
    fn cancel_one(&mut self, task: Single) -> bool {
        let is_open = task.sink.begin();
        if is_open {
            self.ledger.fail(task, Failure::Cancelled);
        }
        is_open
    }

    /// Whoever cancelled a task that waits has ended it: it is only counted here.
    pub fn count_cancelled(&mut self) {
        self.ledger.stats.cancelled += 1;
    }

    /// Cancels all tasks that have not begun, and those that a call still brings.
    pub fn cancel_queued(&mut self) {
        self.cancels_new = true;
        self.cancel_all();
    }

    /// Cancels all tasks that have not begun.
    fn cancel_all(&mut self) {
        for n in 0..self.slots.len() {
            let back = self.slots.get(n).map(Link::recall).unwrap_or_default();
            self.queue.put_back(back);
        }
        for task in self.queue.drain_all() {
            self.ledger.fail(task, Failure::Cancelled);
        }
    }

    /// Kills all workers. Tasks that have not ended are cancelled, and all that come later.
    pub fn close(&mut self) {
        self.is_closed = true;
        self.world.close();
        self.cancel_all();
        let clock = self.world.clock();
        // All at once: each needs a moment to end.
        for n in 0..self.slots.len() {
            if let Some(link) = self.slots.get(n) {
                link.worker.kill();
            }
        }
        for n in 0..self.slots.len() {
            let Some(mut link) = self.slots.take(n) else { continue };
            let Loss { unfinished, .. } = link.reap(n, clock, &mut self.ledger);
            let tasks = unfinished.failed.into_iter().map(|(task, _)| task).chain(unfinished.again);
            tasks.for_each(|task| self.ledger.fail(task, Failure::Cancelled));
        }
    }

    /// No worker survives: fails tasks that wait, some at a time. When none are left, the next ones are tried again.
    fn give_up(&mut self) {
        let why = self.slots.last_loss().clone();
        let given_up = self.queue.drain(GIVEN_UP_AT_ONCE);
        if given_up.len() < GIVEN_UP_AT_ONCE && !self.queue.has_calls() {
            self.slots.forget_deaths();
        }
        for task in given_up {
            self.ledger.fail(task, Failure::NoWorker(why.clone()));
        }
    }

    /// Gives large results that nobody reads any more back to idle workers.
    pub fn release(&mut self) {
        for n in 0..self.slots.len() {
            if let Some(link) = self.slots.get(n) {
                link.release();
            }
        }
    }
}
