//! Waits that show who is there at the same time, on a busy machine too.

use std::hint;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lab::clock;

/// How long one turn of patience is.
const TURN: Duration = Duration::from_millis(10);
/// CPU time that a thread spends before it gives up, in ns.
const LAST_CHANCE: u64 = 20_000_000;

/// Keeps whoever comes until `need` of them are there at once. Who comes one after another never meets anybody.
///
/// Patience is counted in turns of 10 ms that the one who waits was given, not in time: a busy machine takes turns from everybody
/// alike. A thread then computes for a while before it gives up: one that has slept gets a core before those that have not, and the
/// ones it waits for may need a core to get here. When one has lost patience, nobody waits any more.
#[derive(Debug)]
pub struct Meeting {
    need: usize,
    patience: usize,
    inside: Mutex<Inside>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Inside {
    here: usize,
    peak: usize,
    met: bool,
    given_up: bool,
}

impl Meeting {
    /// A meeting of so many, each of whom waits for so many turns of 10 ms.
    pub fn new(need: usize, patience: usize) -> Meeting {
        Meeting { need, patience, inside: Mutex::default(), changed: Condvar::new() }
    }

    /// The most that were there at the same time.
    pub fn peak(&self) -> usize {
        self.inside().peak
    }

    /// Whether all met.
    pub fn met(&self) -> bool {
        self.inside().met
    }

    /// Comes, waits for the others, and goes. Whether they came.
    pub fn wait(&self) -> bool {
        self.come();
        let mut turns = 0;
        let mut inside = self.inside();
        while !inside.met && !inside.given_up && turns < self.patience {
            let (after, timeout) = self.changed.wait_timeout(inside, TURN).unwrap_or_else(PoisonError::into_inner);
            inside = after;
            turns += usize::from(timeout.timed_out());
        }
        drop(inside);
        let until = clock::thread_cpu().map_or(0, |spent| spent + LAST_CHANCE);
        while !self.is_over() && clock::thread_cpu().is_some_and(|spent| spent < until) {
            hint::spin_loop();
        }
        self.go()
    }

    /// [`Meeting::wait`] in a task. Being dropped counts as going.
    pub async fn wait_async(&self) -> bool {
        let visit = Visit(self);
        self.come();
        for _ in 0..self.patience {
            if self.is_over() {
                break;
            }
            tokio::time::sleep(TURN).await;
        }
        std::mem::forget(visit);
        self.go()
    }

    fn is_over(&self) -> bool {
        let inside = self.inside();
        inside.met || inside.given_up
    }

    fn come(&self) {
        let mut inside = self.inside();
        inside.here += 1;
        inside.peak = inside.peak.max(inside.here);
        inside.met |= inside.here >= self.need;
        drop(inside);
        self.changed.notify_all();
    }

    fn go(&self) -> bool {
        let mut inside = self.inside();
        inside.here -= 1;
        inside.given_up |= !inside.met;
        let met = inside.met;
        drop(inside);
        self.changed.notify_all();
        met
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A task that waits at a meeting, and may be dropped while it does.
struct Visit<'a>(&'a Meeting);

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        self.0.inside().here -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn who_comes_together_meets_and_who_comes_alone_does_not() {
        let together = Meeting::new(3, 1000);
        thread::scope(|scope| {
            let threads: Vec<_> = (0..3).map(|_| scope.spawn(|| together.wait())).collect();
            assert!(threads.into_iter().all(|thread| thread.join().unwrap()));
        });
        assert_eq!(together.peak(), 3);
        let alone = Meeting::new(2, 3);
        assert!(!alone.wait() && !alone.wait() && !alone.met());
        assert_eq!(alone.peak(), 1);
    }
}
