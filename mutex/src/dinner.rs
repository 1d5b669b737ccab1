//! Dijkstra's philosophers: as many forks as seats, each eats with two. Four rules, of which two are right.
//!
//! This file uses nothing but `crate::sync`, so that `tests/loom.rs` tries these very lines in every order: it finds the deadlock
//! of the first rule and the livelock of the second, and proves that the other two have neither. No sleep is tuned anywhere.

use crate::sync::{Condvar, Mutex, MutexGuard, relax};

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
}

impl Table {
    /// A table with so many seats, and as many forks.
    pub fn new(seats: usize) -> Table {
        let forks = (0..seats).map(|_| Mutex::new(0)).collect();
        Table { forks, seated: Mutex::new(0), left: Condvar::new() }
    }

    /// One meal at a seat: `eat` is called with both forks in hand. Returns how often forks were put back before that.
    pub fn dine(&self, seat: usize, rule: Rule, eat: impl FnOnce()) -> u64 {
        let (left, right) = (&self.forks[seat], &self.forks[(seat + 1) % self.forks.len()]);
        match rule {
            Rule::LeftFirst => meal(left.lock(), || right.lock(), eat),
            Rule::PutBack => return put_back(left, right, eat),
            Rule::LowerFirst if seat + 1 == self.forks.len() => meal(right.lock(), || left.lock(), eat),
            Rule::LowerFirst => meal(left.lock(), || right.lock(), eat),
            Rule::OneLess => {
                self.sit_down();
                meal(left.lock(), || right.lock(), eat);
                self.get_up();
            }
        }
        0
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

fn put_back(left: &Mutex<u64>, right: &Mutex<u64>, eat: impl FnOnce()) -> u64 {
    let (mut times, mut looks) = (0, 0);
    loop {
        let first = left.lock();
        if let Some(second) = right.try_lock() {
            meal(first, || second, eat);
            return times;
        }
        drop(first);
        times += 1;
        relax(&mut looks); // polite, and no help: all of them are
    }
}
