//! The buffers and channels that are compared, their outcomes, and a run that accounts for every single item.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use crossbeam::channel::{self, Receiver, Sender};
use lab::{Result, clock, text};

use super::buffer::Buffer;
use crate::outcomes::Class::{Acceptable, Forbidden, Interesting};
use crate::outcomes::{Outcome, Tally};
use crate::start_barrier::start_together;

/// A buffer or a channel between threads.
pub trait Passage: Sync {
    /// Puts one in. Returns how many it then holds, where that is known.
    fn put(&self, item: u64) -> usize;
    /// Takes one out; `None` if it was woken for nothing.
    fn take(&self) -> Option<u64>;
}

/// Fixed: `while`.
pub struct While(pub Buffer<u64>);

impl Passage for While {
    fn put(&self, item: u64) -> usize {
        self.0.put(item)
    }
    fn take(&self) -> Option<u64> {
        self.0.take()
    }
}

/// Broken: `if`.
pub struct If(pub Buffer<u64>);

impl Passage for If {
    fn put(&self, item: u64) -> usize {
        self.0.put(item)
    }
    fn take(&self) -> Option<u64> {
        self.0.take_if()
    }
}

/// The same from a library.
pub struct Crossbeam(Sender<u64>, Receiver<u64>);

impl Crossbeam {
    /// A channel with room for so many.
    pub fn new(capacity: usize) -> Crossbeam {
        let (sender, receiver) = channel::bounded(capacity);
        Crossbeam(sender, receiver)
    }
}

impl Passage for Crossbeam {
    fn put(&self, item: u64) -> usize {
        self.0.send(item).expect("the receiver is in the same value");
        self.1.len()
    }
    fn take(&self) -> Option<u64> {
        self.1.recv().ok()
    }
}

const ONCE: Outcome = Outcome {
    id: "once",
    class: Acceptable,
    name: || text!("한 번씩 나옴", "came out once"),
    why: || text!("넣은 것이 그대로 나옴", "what went in came out"),
};
const NOTHING: Outcome = Outcome {
    id: "nothing",
    class: Interesting,
    name: || text!("꺼낼 항목 없음", "nothing there"),
    why: || text!("깨어났으나 다른 소비자가 먼저 꺼냄", "woken, but another consumer took it first"),
};
const NEVER: Outcome = Outcome {
    class: Forbidden,
    why: || text!("깨어나면 조건을 다시 확인함", "the condition is checked again on waking"),
    ..NOTHING
};
const LOST: Outcome = Outcome {
    id: "lost",
    class: Forbidden,
    name: || text!("유실 또는 중복", "missing or twice"),
    why: || text!("어떤 실행 순서로도 나올 수 없음", "no order leads to this"),
};

/// The outcomes of a buffer that does not check again.
pub const WITH_IF: &[Outcome] = &[ONCE, NOTHING, LOST];
/// The outcomes of a correct buffer.
pub const RIGHT: &[Outcome] = &[ONCE, NEVER, LOST];

/// The sizes of a run.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Producers.
    pub producers: usize,
    /// Consumers.
    pub consumers: usize,
    /// Items that each producer puts.
    pub items: u64,
    pub capacity: usize,
}

/// The result of a run.
#[derive(Clone, Debug)]
pub struct Moved {
    /// How often each item arrived.
    pub tally: Tally,
    /// The most items that were in it at once.
    pub fullest: usize,
    /// Wall time, in ns.
    pub wall: u64,
}

/// Runs all producers and consumers at once; every item has a number, and each number is accounted for afterwards.
pub fn through(name: &'static str, lines: &'static [Outcome], passage: &dyn Passage, size: Size) -> Result<Moved> {
    let all = size.producers as u64 * size.items;
    let seen: Vec<AtomicU64> = (0..all).map(|_| AtomicU64::new(0)).collect();
    let (left, fullest, nothing) = (AtomicU64::new(all), AtomicUsize::new(0), AtomicU64::new(0));
    let start = clock::now();
    start_together(size.producers + size.consumers, |n| {
        if n < size.producers {
            for item in 0..size.items {
                fullest.fetch_max(passage.put(n as u64 * size.items + item), Relaxed);
            }
            return;
        }
        // Each take is counted before it is made, so that no consumer waits for an item that will not come.
        while left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
            let item = loop {
                match passage.take() {
                    Some(item) => break item,
                    None => nothing.fetch_add(1, Relaxed),
                };
            };
            seen[item as usize].fetch_add(1, Relaxed);
        }
    })?;
    let wall = clock::now() - start;
    let mut tally = Tally::new(name, lines);
    let once = seen.iter().filter(|times| times.load(Relaxed) == 1).count() as u64;
    tally.add("once", once);
    tally.add("nothing", nothing.into_inner());
    tally.add("lost", all - once);
    Ok(Moved { tally, fullest: fullest.into_inner(), wall })
}
