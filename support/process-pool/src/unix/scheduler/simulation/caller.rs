//! A call with many tasks, as the threads that make it see it.

use std::sync::Arc;
use std::time::Duration;

use super::random::Random;
use super::universe::{Checked, Inner};
use super::world::SimWorld;
use crate::unix::results::Many;
use crate::unix::scheduler::Scheduler;
use crate::unix::scheduler::job::Job;
use crate::unix::scheduler::source::Source;

/// A call with many tasks: its producer and its consumer.
pub struct Caller {
    pub checked: Arc<Checked>,
    pub many: Arc<Many<u64>>,
    pub job: Arc<Job>,
    /// How many tasks are still to be put, and how many there are.
    pub left: usize,
    pub all: usize,
    /// How many results were used.
    pub used: usize,
    pub has_ended: bool,
    /// Whether the producer's iterator knows its length.
    pub knows_length: bool,
    pub next_put: Duration,
    pub put_pause: usize,
    /// Results are used one by one.
    is_consumed: bool,
    pub next_use: Duration,
    pub use_pause: usize,
    pub drop_at: Option<Duration>,
}

impl Caller {
    pub fn new(random: &mut Random, job: Arc<Job>, scheduler: &mut Scheduler<SimWorld>) -> Caller {
        let is_consumed = random.chance(500);
        let source = Arc::new(if is_consumed { Source::ahead(random.between(1, 10)) } else { Source::default() });
        scheduler.add_source(Arc::clone(&source));
        let many = Arc::new(Many::new(source, !is_consumed));
        let all = if random.chance(100) { random.between(0, 150) } else { random.between(0, 25) };
        Caller {
            checked: Checked::new(Inner::Many(Arc::clone(&many))),
            many,
            job,
            left: all,
            all,
            used: 0,
            has_ended: false,
            knows_length: random.chance(500),
            next_put: random.micros(0, 3000),
            put_pause: random.pick(&[0, 0, 50, 2000, 40_000]),
            is_consumed,
            next_use: Duration::ZERO,
            use_pause: random.pick(&[0, 0, 50, 2000, 40_000]),
            drop_at: random.chance(150).then(|| random.micros(0, 50_000)),
        }
    }

    pub fn is_dropped(&self) -> bool {
        self.many.is_dropped()
    }

    pub fn can_use(&self) -> bool {
        self.is_consumed && self.used < self.checked.outcomes()
    }

    pub fn can_put(&self, now: Duration) -> bool {
        !self.has_ended && self.next_put <= now
    }

    /// When its threads do something.
    pub fn moments(&self) -> [Option<Duration>; 3] {
        if self.is_dropped() {
            return [self.drop_at, None, None];
        }
        [self.drop_at, (!self.has_ended).then_some(self.next_put), self.can_use().then_some(self.next_use)]
    }

    pub fn is_over(&self) -> bool {
        if self.is_dropped() {
            return self.drop_at.is_none();
        }
        self.has_ended && self.checked.outcomes() == self.all && (!self.is_consumed || self.used == self.all)
    }
}
