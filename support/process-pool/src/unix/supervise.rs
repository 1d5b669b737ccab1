//! Waits for workers and supervises them: kills those that hang or were stopped, recalls work for idle ones.

use std::os::fd::AsFd;
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::limits::{SILENCE_TIMEOUT, STARTUP_TIMEOUT};
use crate::unix::bell;
use crate::unix::engine::Engine;
use crate::unix::jobs::JobSource;
use crate::unix::worker_handle::{Verdict, WorkerHandle};

/// A task must run at least this long before the ones behind it are recalled.
const RECALL_AFTER: Duration = Duration::from_millis(2);
/// Workers are checked at most this often.
const MIN_CHECK_INTERVAL: Duration = Duration::from_millis(1);
/// Workers are checked at least this often, even if nothing happens.
const MAX_CHECK_INTERVAL: Duration = Duration::from_secs(1);

impl Engine {
    /// The only worker that is awaited, if there is exactly one and all its frames are sent.
    fn only_awaited(&self) -> Option<usize> {
        let worker = |n: usize| self.slots[n].worker.as_deref().filter(|worker| worker.is_awaited());
        let mut awaited = (0..self.slots.len()).filter_map(|n| Some((n, worker(n)?)));
        let (n, worker) = awaited.next()?;
        (awaited.next().is_none() && !worker.has_unsent()).then_some(n)
    }

    /// Waits until a worker has written something or a check is due, and reads from the workers that are ready.
    pub(super) fn wait(&mut self, jobs: &mut dyn JobSource) {
        // Arguments that come meanwhile are of interest if they can be sent.
        let bell = if !self.exhausted && self.has_room() { Some(jobs.bell()) } else { None };
        if bell.is_some_and(|bell| bell.is_none()) {
            return; // some have come
        }
        let bell = bell.flatten();
        if bell.is_none()
            && let Some(n) = self.only_awaited()
        {
            return self.wait_for(n, jobs);
        }
        let limit = Timespec::try_from(self.poll_timeout()).ok();
        let mut polled = Vec::with_capacity(self.slots.len());
        let mut slots = Vec::with_capacity(self.slots.len());
        for (n, slot) in self.slots.iter().enumerate() {
            // Idle workers are not polled: whether they are alive matters only at the next dispatch.
            let Some(worker) = slot.worker.as_deref().filter(|worker| worker.is_awaited()) else { continue };
            polled.push(PollFd::from_borrowed_fd(worker.from.as_fd(), PollFlags::IN));
            slots.push((n, false));
            if worker.has_unsent() {
                polled.push(PollFd::from_borrowed_fd(worker.to(), PollFlags::OUT));
                slots.push((n, true));
            }
        }
        let awaited = polled.len();
        polled.extend(bell.map(|bell| PollFd::from_borrowed_fd(bell, PollFlags::IN)));
        // EINTR counts as an early timeout.
        let _ = poll(&mut polled, limit.as_ref());
        if let Some(rung) = polled.get(awaited).filter(|rung| !rung.revents().is_empty()) {
            bell::silence(rung);
        }
        polled.truncate(awaited);
        let ready = polled.iter().zip(slots).filter(|(fd, _)| !fd.revents().is_empty());
        let ready: Vec<(usize, bool)> = ready.map(|(_, slot)| slot).collect();
        for (n, _) in ready.iter().filter(|(_, is_mail)| *is_mail) {
            if let Some(worker) = self.slots[*n].worker.as_deref_mut() {
                worker.flush();
            }
        }
        for (n, _) in ready.into_iter().filter(|(_, is_mail)| !is_mail) {
            self.read_from(n, jobs);
        }
    }

    /// The same for a single worker. If it shares our core, it has often answered already, or does once we yield; that
    /// saves a wake-up. Only one yield: spinning would take the core from others.
    fn wait_for(&mut self, n: usize, jobs: &mut dyn JobSource) {
        if self.read_from(n, jobs) {
            return;
        }
        thread::yield_now();
        if self.read_from(n, jobs) {
            return;
        }
        let limit = Timespec::try_from(self.poll_timeout()).ok();
        let Some(worker) = self.slots[n].worker.as_deref() else { return };
        if matches!(poll(&mut [PollFd::from_borrowed_fd(worker.from.as_fd(), PollFlags::IN)], limit.as_ref()), Ok(1)) {
            self.read_from(n, jobs);
        }
    }

    /// How long to wait until the next check is due.
    fn poll_timeout(&self) -> Duration {
        let mut poll_timeout = MAX_CHECK_INTERVAL;
        if let Some(limit) = self.options.timeout {
            poll_timeout = poll_timeout.min(limit / 8);
        }
        if self.can_share() {
            poll_timeout = poll_timeout.min(RECALL_AFTER);
        }
        for slot in self.slots.iter().filter(|slot| slot.worker.is_none() && self.has_work()) {
            poll_timeout = poll_timeout.min(slot.not_before.saturating_duration_since(Instant::now()));
        }
        poll_timeout.max(MIN_CHECK_INTERVAL)
    }

    /// Whether a worker is idle while others have tasks that they have not begun.
    fn can_share(&self) -> bool {
        let idle = |worker: &WorkerHandle| worker.flight.is_empty() && worker.recalled == 0;
        self.retry_queue.is_empty()
            && (self.exhausted || self.starved)
            && self.slots.iter().any(|slot| slot.worker.as_deref().is_none_or(idle))
            && self.workers().any(|worker| worker.load() > 1)
    }

    /// Checks the workers that have been silent.
    pub(super) fn check_workers(&mut self, jobs: &mut dyn JobSource) {
        let now = Instant::now();
        if now.duration_since(self.last_check) < MIN_CHECK_INTERVAL {
            return;
        }
        self.last_check = now;
        let share = self.can_share();
        let limit = self.options.timeout;
        for n in 0..self.slots.len() {
            let Some(worker) = self.slots[n].worker.as_deref_mut() else { continue };
            if worker.verdict.is_some() {
                if worker.child.has_ended() {
                    self.reap_if_drained(n, jobs);
                }
                continue;
            }
            if !worker.is_awaited() {
                continue;
            }
            let unchanged = worker.unchanged_for(now);
            if let Some(verdict) = worker.verdict_after(unchanged, limit) {
                worker.verdict = Some(verdict);
                worker.child.kill(); // frames that it wrote before are still read
            } else if unchanged >= MAX_CHECK_INTERVAL && worker.child.has_ended() {
                self.reap_if_drained(n, jobs);
            } else if share && unchanged >= RECALL_AFTER && worker.recalled == 0 && worker.load() > worker.begun() {
                self.recall(n);
            }
        }
    }

    /// The worker has ended, but a process that it started keeps the pipe open: nothing more will come.
    fn reap_if_drained(&mut self, n: usize, jobs: &mut dyn JobSource) {
        let Some(worker) = self.slots[n].worker.as_deref() else { return };
        let mut polled = [PollFd::from_borrowed_fd(worker.from.as_fd(), PollFlags::IN)];
        let silent = matches!(poll(&mut polled, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })), Ok(0));
        if silent && let Some(worker) = self.slots[n].worker.take() {
            self.handle_death(n, worker, jobs);
        }
    }
}

impl WorkerHandle {
    /// Whether a frame is expected from it.
    fn is_awaited(&self) -> bool {
        !self.ready || !self.flight.is_empty() || self.recalled > 0
    }

    /// How long its progress has been unchanged.
    fn unchanged_for(&mut self, now: Instant) -> Duration {
        let progress = self.claims.progress();
        if std::mem::take(&mut self.active) || (progress, self.answered) != (self.last_progress.0, self.last_progress.1)
        {
            self.last_progress = (progress, self.answered, now);
        }
        now.saturating_duration_since(self.last_progress.2)
    }

    /// How many of its unanswered tasks it has begun.
    fn begun(&self) -> usize {
        self.last_progress.0.begun.wrapping_sub(self.answered) as usize
    }

    /// Whether to kill it, and why.
    fn verdict_after(&self, unchanged: Duration, limit: Option<Duration>) -> Option<Verdict> {
        if !self.ready {
            return (unchanged >= STARTUP_TIMEOUT).then_some(Verdict::Silent);
        }
        let runs = self.last_progress.0.begun != self.last_progress.0.ended;
        if runs && limit.is_some_and(|limit| unchanged >= limit) {
            return Some(Verdict::TimedOut);
        }
        if unchanged >= MAX_CHECK_INTERVAL && self.child.is_stopped() {
            return Some(Verdict::Stopped);
        }
        if runs || unchanged < SILENCE_TIMEOUT {
            return None;
        }
        // Either it does not begin its task, or it has ended one and never sent a complete, valid result.
        Some(if self.begun() == 0 { Verdict::Silent } else { Verdict::ProtocolError })
    }
}
