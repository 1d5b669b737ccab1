//! Waiting for workers, with an eye on the clock: who hangs, who was stopped, who has work that others could do.

use std::os::fd::AsFd;
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::engine::{Engine, Errand};
use super::limits::{SILENCE, STARTUP};
use super::process::{Verdict, Worker};

/// So long at least a task must run before the ones behind it are given to others.
const STUCK: Duration = Duration::from_millis(2);
/// Workers are looked at no more often than this.
const LOOK: Duration = Duration::from_millis(1);
/// They are looked at after this time even if nothing happens.
const AT_LEAST: Duration = Duration::from_secs(1);

impl Engine {
    /// The worker that is waited for, if there is one only, and nothing is left to be sent to it.
    fn only_awaited(&self) -> Option<usize> {
        let worker = |n: usize| self.seats[n].worker.as_deref().filter(|worker| worker.is_awaited());
        let mut awaited = (0..self.seats.len()).filter_map(|n| Some((n, worker(n)?)));
        let (n, worker) = awaited.next()?;
        (awaited.next().is_none() && !worker.has_mail()).then_some(n)
    }

    /// Waits until a worker has said something, or until it is time to look around, and listens to who has.
    pub(super) fn wait(&mut self, errand: &mut dyn Errand) {
        if let Some(n) = self.only_awaited() {
            return self.wait_for(n, errand);
        }
        let limit = Timespec::try_from(self.patience()).ok();
        let mut polled = Vec::with_capacity(self.seats.len());
        let mut seats = Vec::with_capacity(self.seats.len());
        for (n, seat) in self.seats.iter().enumerate() {
            // Whether somebody is alive who has nothing to do is seen when there is something to do.
            let Some(worker) = seat.worker.as_deref().filter(|worker| worker.is_awaited()) else { continue };
            polled.push(PollFd::from_borrowed_fd(worker.from.as_fd(), PollFlags::IN));
            seats.push((n, false));
            if worker.has_mail() {
                polled.push(PollFd::from_borrowed_fd(worker.to(), PollFlags::OUT));
                seats.push((n, true));
            }
        }
        // An interrupted wait is one that ended early.
        let _ = poll(&mut polled, limit.as_ref());
        let ready = polled.iter().zip(seats).filter(|(fd, _)| !fd.revents().is_empty());
        let ready: Vec<(usize, bool)> = ready.map(|(_, seat)| seat).collect();
        for (n, _) in ready.iter().filter(|(_, is_mail)| *is_mail) {
            if let Some(worker) = self.seats[*n].worker.as_deref_mut() {
                worker.post();
            }
        }
        for (n, _) in ready.into_iter().filter(|(_, is_mail)| !is_mail) {
            self.listen(n, errand);
        }
    }

    /// The same for one worker. Where it shares our core, it often ran while we were sending, and has answered; else it does
    /// when we let go of the core. Each time that spares waking us up. Not more often: spinning would take the core from others.
    fn wait_for(&mut self, n: usize, errand: &mut dyn Errand) {
        if self.listen(n, errand) {
            return;
        }
        thread::yield_now();
        if self.listen(n, errand) {
            return;
        }
        let limit = Timespec::try_from(self.patience()).ok();
        let Some(worker) = self.seats[n].worker.as_deref() else { return };
        if matches!(poll(&mut [PollFd::from_borrowed_fd(worker.from.as_fd(), PollFlags::IN)], limit.as_ref()), Ok(1)) {
            self.listen(n, errand);
        }
    }

    /// For how long nothing but the word of a worker matters.
    fn patience(&self) -> Duration {
        let mut patience = AT_LEAST;
        if let Some(limit) = self.options.timeout {
            patience = patience.min(limit / 8);
        }
        if self.can_share() {
            patience = patience.min(STUCK);
        }
        for seat in self.seats.iter().filter(|seat| seat.worker.is_none() && self.has_work()) {
            patience = patience.min(seat.not_before.saturating_duration_since(Instant::now()));
        }
        patience.max(LOOK)
    }

    /// Whether somebody is idle who could do what others have not begun.
    fn can_share(&self) -> bool {
        let idle = |worker: &Worker| worker.flight.is_empty() && worker.recalled == 0;
        !self.has_work()
            && self.seats.iter().any(|seat| seat.worker.as_deref().is_none_or(idle))
            && self.workers().any(|worker| worker.load() > 1)
    }

    /// Looks after those from whom nothing was heard.
    pub(super) fn look_around(&mut self, errand: &mut dyn Errand) {
        let now = Instant::now();
        if now.duration_since(self.looked) < LOOK {
            return;
        }
        self.looked = now;
        let share = self.can_share();
        let limit = self.options.timeout;
        for n in 0..self.seats.len() {
            let Some(worker) = self.seats[n].worker.as_deref_mut() else { continue };
            if worker.verdict.is_some() {
                if worker.child.has_ended() {
                    self.give_up_waiting(n, errand);
                }
                continue;
            }
            if !worker.is_awaited() {
                continue;
            }
            let still = worker.still_for(now);
            if let Some(verdict) = worker.judge(still, limit) {
                worker.verdict = Some(verdict);
                worker.child.kill(); // what it had said before is still read
            } else if still >= AT_LEAST && worker.child.has_ended() {
                self.give_up_waiting(n, errand);
            } else if share && still >= STUCK && worker.recalled == 0 && worker.load() > worker.begun() {
                self.recall(n);
            }
        }
    }

    /// A worker has ended, and a process that it started keeps its pipe open: there is nothing more to be read.
    fn give_up_waiting(&mut self, n: usize, errand: &mut dyn Errand) {
        let Some(worker) = self.seats[n].worker.as_deref() else { return };
        let mut polled = [PollFd::from_borrowed_fd(worker.from.as_fd(), PollFlags::IN)];
        let silent = matches!(poll(&mut polled, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })), Ok(0));
        if silent && let Some(worker) = self.seats[n].worker.take() {
            self.mourn(n, worker, errand);
        }
    }
}

impl Worker {
    /// Whether something is expected of it.
    fn is_awaited(&self) -> bool {
        !self.ready || !self.flight.is_empty() || self.recalled > 0
    }

    /// How long it has been at the same task, or at none.
    fn still_for(&mut self, now: Instant) -> Duration {
        let progress = self.claims.progress();
        if std::mem::take(&mut self.heard) || (progress, self.answered) != (self.seen.0, self.seen.1) {
            self.seen = (progress, self.answered, now);
        }
        now.saturating_duration_since(self.seen.2)
    }

    /// How many of its tasks without an answer it has begun.
    fn begun(&self) -> usize {
        self.seen.0.begun.wrapping_sub(self.answered) as usize
    }

    /// Whether it must be killed, and for what.
    fn judge(&self, still: Duration, limit: Option<Duration>) -> Option<Verdict> {
        if !self.ready {
            return (still >= STARTUP).then_some(Verdict::Silent);
        }
        let runs = self.seen.0.begun != self.seen.0.ended;
        if runs && limit.is_some_and(|limit| still >= limit) {
            return Some(Verdict::TimedOut);
        }
        if still >= AT_LEAST && self.child.is_stopped() {
            return Some(Verdict::Stopped);
        }
        if runs || still < SILENCE {
            return None;
        }
        // It does not begin what it was given; or it has ended a task and its answer is no frame, or never a whole one.
        Some(if self.begun() == 0 { Verdict::Silent } else { Verdict::Garbage })
    }
}
