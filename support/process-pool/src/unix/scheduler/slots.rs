//! The places of the pool's workers: who is in them, and when an empty one may be filled again.

use std::time::{Duration, Instant};

use crate::failure::{End, WorkerLoss};
use crate::limits::MAX_UNEXPLAINED_DEATHS;
use crate::unix::scheduler::link::Link;
use crate::unix::scheduler::worker::Worker;

/// The pause after a failed start, doubled with each.
const FIRST_PAUSE: Duration = Duration::from_millis(4);

/// The places, with the reasons why some are empty.
pub struct Slots<W> {
    slots: Vec<Slot<W>>,
    losses: Losses,
}

struct Slot<W> {
    link: Option<Box<Link<W>>>,
    /// No replacement is started before this moment (back-off).
    not_before: Instant,
}

/// What became of workers without a fault of a task.
struct Losses {
    /// Consecutive deaths with no culprit task and no result between.
    unexplained: u32,
    /// How often a place could not be filled since all were filled.
    failed_starts: u32,
    last: WorkerLoss,
}

impl<W: Worker> Slots<W> {
    pub fn new(count: usize, now: Instant) -> Slots<W> {
        let slot = || Slot { link: None, not_before: now };
        let losses = Losses { unexplained: 0, failed_starts: 0, last: WorkerLoss::Ended(End::Unknown) };
        Slots { slots: (0..count).map(|_| slot()).collect(), losses }
    }

    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// The worker in this place.
    pub fn get(&mut self, n: usize) -> Option<&mut Link<W>> {
        self.slots[n].link.as_deref_mut()
    }

    /// All workers, with their places.
    pub fn links(&self) -> impl Iterator<Item = (usize, &Link<W>)> {
        self.slots.iter().enumerate().filter_map(|(n, slot)| Some((n, slot.link.as_deref()?)))
    }

    /// Empties a place.
    pub fn take(&mut self, n: usize) -> Option<Box<Link<W>>> {
        self.slots[n].link.take()
    }

    /// Fills a place.
    pub fn put(&mut self, n: usize, link: Box<Link<W>>) {
        self.slots[n].link = Some(link);
        if self.slots.iter().all(|slot| slot.link.is_some()) {
            self.losses.failed_starts = 0;
        }
    }

    /// Whether a worker should be started here now.
    pub fn is_due(&self, n: usize, now: Instant) -> bool {
        self.slots[n].link.is_none() && now >= self.slots[n].not_before
    }

    /// How long until the next place may be filled.
    pub fn next_start(&self, now: Instant) -> Option<Duration> {
        let empty = self.slots.iter().filter(|slot| slot.link.is_none());
        empty.map(|slot| slot.not_before.saturating_duration_since(now)).min()
    }

    /// A place that cannot be filled is no death: as long as a worker lives, the work goes on. True if this is the first of
    /// such failures: it is told once.
    pub fn record_failed_start(&mut self, n: usize, why: String, now: Instant) -> bool {
        if self.links().next().is_none() {
            self.record_unexplained_death(n, WorkerLoss::NotStarted(why), now);
            return false;
        }
        self.slots[n].not_before = now + FIRST_PAUSE * (1 << self.losses.failed_starts.min(8));
        self.losses.failed_starts += 1;
        self.losses.failed_starts == 1
    }

    /// Counts a death that no task explains, and doubles the back-off of the place.
    pub fn record_unexplained_death(&mut self, n: usize, loss: WorkerLoss, now: Instant) {
        // A program that does not begin with `init`, or an initializer that fails, does so again.
        self.losses.unexplained += match loss {
            WorkerLoss::NotAWorker => MAX_UNEXPLAINED_DEATHS,
            WorkerLoss::Initializer(_) => MAX_UNEXPLAINED_DEATHS / 3,
            _ => 1,
        };
        self.losses.last = loss;
        let doublings = self.losses.unexplained.saturating_sub(3).min(7);
        let pause = if self.losses.unexplained > 2 { Duration::from_millis(1 << doublings) } else { Duration::ZERO };
        self.slots[n].not_before = now + pause;
    }

    /// A result has come, or a task explains a death; or new tasks come to a pool that had given up.
    pub fn forget_deaths(&mut self) {
        self.losses.unexplained = 0;
    }

    /// Why a worker is missing.
    pub fn last_loss(&self) -> &WorkerLoss {
        &self.losses.last
    }

    /// Whether no worker can be kept alive.
    pub fn is_hopeless(&self) -> bool {
        self.losses.unexplained >= MAX_UNEXPLAINED_DEATHS && !self.links().any(|(_, link)| link.is_ready())
    }
}
