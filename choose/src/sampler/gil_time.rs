//! CPU time with the GIL and without it, from who was seen holding it; and how often it was let go.

use crate::cpython::Changes;
use crate::recording::Sums;

use super::sample::Sample;

/// CPU time of the main process, by whether the GIL was held when a thread was caught computing.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    with: f64,
    without: f64,
    /// Spent by threads that were blocked at the moment of the sample.
    not_caught: f64,
    unseen: f64,
    /// The stretches in which several threads ran.
    together: Together,
}

/// Stretches in which several threads of the main process ran: who held the GIL at their end says nothing of who held it before. The
/// share of them in which somebody held it does.
#[derive(Clone, Copy, Debug, Default)]
struct Together {
    cpu: f64,
    held: f64,
    busy: f64,
    delayed: f64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct PhaseTotals {
    pub(super) sums: Sums,
    held: Held,
}

impl Together {
    fn add(&mut self, other: &Together) {
        self.cpu += other.cpu;
        self.held += other.held;
        self.busy += other.busy;
        self.delayed += other.delayed;
    }

    /// The CPU time with the GIL. Whoever holds it waits for a core as often as the program as a whole does, and a machine that is busy
    /// with others must not make this look like computing.
    fn python(&self) -> f64 {
        let active = self.busy + self.delayed;
        let on_core = if active > 0.0 { self.busy / active } else { 0.0 };
        (self.held * on_core).min(self.cpu)
    }
}

impl PhaseTotals {
    pub(super) fn add(&mut self, other: &PhaseTotals) {
        self.sums.add(&other.sums);
        self.held.with += other.held.with;
        self.held.without += other.held.without;
        self.held.not_caught += other.held.not_caught;
        self.held.unseen += other.held.unseen;
        self.held.together.add(&other.held.together);
    }

    pub(super) fn count_cpu(&mut self, length: f64, (busy, delayed): (f64, f64), threads: &[Sample]) {
        let (main, others): (Vec<&Sample>, Vec<&Sample>) = threads.iter().partition(|thread| thread.is_main);
        self.sums.outside += others.iter().map(|thread| thread.on_core).sum::<f64>();
        let sees_gil = main.iter().all(|thread| thread.holds_gil.is_some());
        if sees_gil && main.iter().filter(|thread| thread.has_run).count() > 1 {
            let together = &mut self.held.together;
            together.cpu += main.iter().map(|thread| thread.on_core).sum::<f64>();
            together.held += if main.iter().any(|thread| thread.holds_gil == Some(true)) { length } else { 0.0 };
            together.busy += busy;
            together.delayed += delayed;
            return;
        }
        for thread in main {
            let part = match thread.holds_gil {
                None => &mut self.held.unseen,
                Some(true) => &mut self.held.with,
                Some(false) if thread.is_running => &mut self.held.without,
                Some(false) => &mut self.held.not_caught,
            };
            *part += thread.on_core;
        }
    }

    /// CPU time of threads that were not caught computing is divided like that of those that were.
    pub(super) fn finish(mut self) -> Sums {
        let Held { with, without, not_caught, unseen, together } = self.held;
        let caught = with + without;
        // Python that nobody caught is taken for Python: threads that run in short bursts hold the GIL around every call.
        let share = if caught > 0.0 { with / caught } else { 1.0 };
        let together_python = together.python();
        self.sums.python = with + not_caught * share + together_python;
        self.sums.native = without + not_caught * (1.0 - share) + together.cpu - together_python;
        self.sums.unsplit = unseen;
        self.sums
    }
}

/// How often the GIL was let go in all. If it is held in a share `p` of the time, and taken and let go at random with the rate `r`, two
/// looks at a distance `d` differ with the probability `2p(1-p)(1-exp(-rd))`, and it is let go `rp(1-p)` times in a unit of time. A
/// thread that waits for a core changes nothing.
pub(super) fn releases(changes: &[Changes], work: &Sums) -> f64 {
    /// What is nearly as likely as for looks that have nothing to do with each other says no more than that.
    const MOST: f64 = 0.95;
    let sum = |of: fn(&Changes) -> f64| changes.iter().map(of).sum::<f64>();
    let (pairs, changed, length) = (sum(|one| one.pairs), sum(|one| one.changes), sum(|one| one.length));
    let cpu = work.python + work.native;
    let share = if cpu > 0.0 { work.python / cpu } else { 0.0 };
    let both = share * (1.0 - share);
    if changed <= 0.0 || length <= 0.0 || both <= 0.0 {
        return 0.0;
    }
    let on_core = work.busy / (work.busy + work.delayed).max(1.0);
    let likely = (changed / pairs / on_core.max(0.05) / (2.0 * both)).min(MOST);
    let rate = -(1.0 - likely).ln() / (length / pairs);
    rate * both * cpu
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_of_a_lock_is_known_from_looks_that_differ() {
        let work = Sums { python: 0.5e9, native: 0.5e9, busy: 1e9, ..Sums::default() };
        let looks = |changes| [Changes { pairs: 1000.0, changes, length: 1e6 }];
        assert_eq!(releases(&looks(0.0), &work), 0.0);
        assert_eq!(releases(&[], &work), 0.0);
        // Half held: taken and let go once in 100 us, two looks at a distance of 1 us differ with a probability of 2 %.
        let slow = releases(&looks(20.0), &work);
        assert!((9_500.0..11_000.0).contains(&slow), "{slow}");
        let fast = releases(&looks(400.0), &work);
        assert!(fast > 30.0 * slow, "more than in proportion, since some are missed: {fast}");
        let delayed = Sums { delayed: 1e9, ..work };
        assert!(releases(&looks(20.0), &delayed) > 1.9 * slow, "half of the looks met a thread that waited for a core");
    }
}
