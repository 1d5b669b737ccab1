//! A way to add 1 to a shared counter, with the counter itself and with what it may come to.

use crate::litmus::{Class, Outcome, classify};

/// One variant of the same program.
pub struct Variant {
    /// Its name in tables and measurements: that of the function that adds.
    pub name: &'static str,
    /// What it is built on, for verdicts: `std::sync::Mutex`.
    pub on: &'static str,
    /// What may come out when two threads add 1 each.
    pub outcomes: &'static [Outcome],
    counter: Box<dyn Counter>,
}

impl Variant {
    /// `add` adds 1 to `shared`; `take` tells its value and puts it back to 0.
    pub fn new<T: Send + Sync + 'static>(
        (name, on): (&'static str, &'static str),
        outcomes: &'static [Outcome],
        shared: T,
        add: impl Fn(&T) + Send + Sync + 'static,
        take: impl Fn(&T) -> u64 + Send + Sync + 'static,
    ) -> Variant {
        Variant { name, on, outcomes, counter: Box::new(Parts { shared, add, take }) }
    }

    /// Whether a lost update would prove it wrong.
    pub fn protects(&self) -> bool {
        classify(self.outcomes, 1).class == Class::Forbidden
    }

    /// Adds 1, so many times.
    pub fn add(&self, turns: u64) {
        self.counter.add(turns);
    }

    /// The value; the counter is at 0 again.
    pub fn take(&self) -> u64 {
        self.counter.take()
    }
}

struct Parts<T, A, R> {
    shared: T,
    add: A,
    take: R,
}

/// One dynamic call for a whole loop, so that the loop costs what `add` costs.
trait Counter: Send + Sync {
    fn add(&self, turns: u64);
    fn take(&self) -> u64;
}

impl<T: Send + Sync, A: Fn(&T) + Send + Sync, R: Fn(&T) -> u64 + Send + Sync> Counter for Parts<T, A, R> {
    fn add(&self, turns: u64) {
        for _ in 0..turns {
            (self.add)(&self.shared);
        }
    }

    fn take(&self) -> u64 {
        (self.take)(&self.shared)
    }
}
