//! A shared counter, one way to add 1 to it, and what may come out when two threads do.

use lab::lang::Text;
use lab::text;

use crate::outcomes::{Class, OTHER, Outcome, classify};

const BOTH: Outcome = Outcome {
    id: "2",
    class: Class::Acceptable,
    name: || Text::same("2"),
    why: || text!("두 갱신이 모두 반영됨", "both updates were counted"),
};
const NEITHER_ONE_NOR_TWO: Outcome = Outcome {
    id: OTHER,
    class: Class::Forbidden,
    name: || text!("기타", "other"),
    why: || text!("어떤 실행 순서로도 나올 수 없음", "no order leads to this"),
};
const ONE_LOST: Outcome = Outcome {
    id: "1",
    class: Class::Interesting,
    name: || Text::same("1"),
    why: || text!("둘 다 0을 읽음", "both loaded 0"),
};

/// The outcomes where nothing protects the counter.
pub const UNPROTECTED: &[Outcome] = &[BOTH, ONE_LOST, NEITHER_ONE_NOR_TWO];

/// The outcomes behind a lock, or in one atomic step.
pub const PROTECTED: &[Outcome] = &[
    BOTH,
    Outcome {
        class: Class::Forbidden, why: || text!("갱신 하나를 덮어씀", "an update was overwritten"), ..ONE_LOST
    },
    NEITHER_ONE_NOR_TWO,
];

pub struct CounterVariant {
    /// The name in tables and measurements: that of the function that adds.
    pub name: &'static str,
    /// The type that it is built on, for verdicts: `std::sync::Mutex`.
    pub on: &'static str,
    /// What may come out when two threads add 1 each.
    pub outcomes: &'static [Outcome],
    counter: Box<dyn Counter>,
}

impl CounterVariant {
    /// `add` adds 1 to `shared`; `take` returns its value and sets it to 0.
    pub fn new<T: Send + Sync + 'static>(
        (name, on): (&'static str, &'static str),
        outcomes: &'static [Outcome],
        shared: T,
        add: impl Fn(&T) + Send + Sync + 'static,
        take: impl Fn(&T) -> u64 + Send + Sync + 'static,
    ) -> CounterVariant {
        CounterVariant { name, on, outcomes, counter: Box::new(Parts { shared, add, take }) }
    }

    /// Whether a lost update would prove it wrong.
    pub fn protects(&self) -> bool {
        classify(self.outcomes, ONE_LOST.id).is_none_or(|outcome| outcome.class == Class::Forbidden)
    }

    /// Adds 1, `iterations` times.
    pub fn add(&self, iterations: u64) {
        self.counter.add(iterations);
    }

    /// Returns the value and sets the counter to 0.
    pub fn take(&self) -> u64 {
        self.counter.take()
    }
}

struct Parts<T, A, R> {
    shared: T,
    add: A,
    take: R,
}

/// One dynamic call for the whole loop, so that the loop costs no more than `add`.
trait Counter: Send + Sync {
    fn add(&self, iterations: u64);
    fn take(&self) -> u64;
}

impl<T: Send + Sync, A: Fn(&T) + Send + Sync, R: Fn(&T) -> u64 + Send + Sync> Counter for Parts<T, A, R> {
    fn add(&self, iterations: u64) {
        for _ in 0..iterations {
            (self.add)(&self.shared);
        }
    }

    fn take(&self) -> u64 {
        (self.take)(&self.shared)
    }
}
