//! Dijkstra's philosophers: as many forks as seats, each eats with two. Four rules, of which two are right.
//!
//! This file uses nothing but `crate::sync`, so that the model checkers run these very lines: loom finds the deadlock of the first
//! rule (`support/planted`), shuttle the livelock of the second (`tests/livelock.rs`), and loom tries the other two in every order
//! and finds neither (`tests/loom.rs`). No sleep is tuned anywhere.

use std::sync::atomic::Ordering::Relaxed;

use crate::sync::{AtomicUsize, Condvar, Mutex, MutexGuard, relax};

/// How a philosopher gets two forks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Broken, deadlock: the left fork, then the right one.
    LeftFirst,
    /// Broken, livelock: if the right fork is taken, the left one goes back on the table, others go first, and all begins anew.
    PutBack,
    /// The fork with the lower number first: there is no circle in which all wait.
    LowerFirst,
    /// One seat stays empty: with as many forks as seats, one of the others gets two.
    OneLess,
}

impl Rule {
    /// All rules, the broken ones first.
    pub const ALL: [Rule; 4] = [Rule::LeftFirst, Rule::PutBack, Rule::LowerFirst, Rule::OneLess];

    /// Its name on the command line and in measurements.
    pub fn name(self) -> &'static str {
        match self {
            Rule::LeftFirst => "left-first",
            Rule::PutBack => "put-back",
            Rule::LowerFirst => "lower-first",
            Rule::OneLess => "one-less",
        }
    }
}

/// A fork counts the meals it was used for.
pub type Fork<'a> = MutexGuard<'a, u64>;

/// The table with its forks.
#[derive(Debug)]
pub struct Table {
    forks: Vec<Mutex<u64>>,
    /// Seats that are taken; only [`Rule::OneLess`] asks.
    seated: Mutex<usize>,
    left: Condvar,
    /// How often a fork was put back; only [`Rule::PutBack`] does.
    put_back: AtomicUsize,
}

impl Table {
    /// A table with so many seats, and as many forks.
    pub fn new(seats: usize) -> Table {
        let forks = (0..seats).map(|_| Mutex::new(0)).collect();
        Table { forks, seated: Mutex::new(0), left: Condvar::new(), put_back: AtomicUsize::new(0) }
    }

    /// One meal at a seat: `eat` is called with both forks in hand.
    pub fn dine(&self, seat: usize, rule: Rule, eat: impl FnOnce()) {
        let (left, right) = (&self.forks[seat], &self.forks[(seat + 1) % self.forks.len()]);
        match rule {
            Rule::LeftFirst => meal(left.lock(), || right.lock(), eat),
            Rule::PutBack => self.take_or_put_back(left, right, eat),
            Rule::LowerFirst if seat + 1 == self.forks.len() => meal(right.lock(), || left.lock(), eat),
            Rule::LowerFirst => meal(left.lock(), || right.lock(), eat),
            Rule::OneLess => {
                self.sit_down();
                meal(left.lock(), || right.lock(), eat);
                self.get_up();
            }
        }
    }

    fn take_or_put_back(&self, left: &Mutex<u64>, right: &Mutex<u64>, eat: impl FnOnce()) {
        let mut looks = 0;
        loop {
            let first = left.lock();
            if let Some(second) = right.try_lock() {
                return meal(first, || second, eat);
            }
            self.put_back.fetch_add(1, Relaxed);
            drop(first);
            relax(&mut looks); // polite, and no help: all of them are
        }
    }

    fn sit_down(&self) {
        let mut seated = self.seated.lock();
        while *seated + 1 == self.forks.len() {
            seated = self.left.wait(seated);
        }
        *seated += 1;
    }

    fn get_up(&self) {
        *self.seated.lock() -= 1;
        self.left.notify_one();
    }

    /// How often a fork was put back.
    pub fn put_back(&self) -> usize {
        self.put_back.load(Relaxed)
    }

    /// For how many meals each fork was used.
    pub fn used(&self) -> Vec<u64> {
        self.forks.iter().map(|fork| *fork.lock()).collect()
    }
}

/// Eats with one fork in hand and another that is still to be had.
fn meal<'a>(mut first: Fork<'a>, second: impl FnOnce() -> Fork<'a>, eat: impl FnOnce()) {
    let mut second = second();
    eat();
    *first += 1;
    *second += 1;
}
