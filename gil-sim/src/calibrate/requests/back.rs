//! A signal back: a thread that has just been woken wakes the one who woke it, which fell asleep meanwhile.
//!
//! Both cores have then slept for some µs only, after one of them slept long. How deep an idle core sleeps depends on how long
//! its last sleeps were, so this cannot be put together from wake-ups that were measured in another rhythm.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use lab::clock;

use super::pthread::{Condvar, Mutex};

#[derive(Default)]
struct Pair {
    mutex: Mutex,
    there: Condvar,
    back: Condvar,
    /// What is signalled there, and back. Changed under the mutex.
    go: AtomicBool,
    came: AtomicBool,
    asked: AtomicBool,
    signalled: AtomicU64,
    over: AtomicBool,
}

/// A thread waits for `length` ns, asks a busy one to wake it, and waits again; the busy one does so and falls asleep itself, and
/// is woken in its turn. From the signal back until that one runs, and what the signal cost, in ns.
pub(super) fn back(length: u64, rounds: usize) -> Vec<(u64, u64)> {
    let pair = Pair::default();
    thread::scope(|scope| {
        let asks = scope.spawn(|| (0..rounds).map(|_| pair.asks(length)).collect::<Vec<_>>());
        let woken: Vec<_> = (0..rounds).map(|_| pair.answers()).collect();
        woken.into_iter().zip(asks.join().expect("it only waits and asks")).collect()
    })
}

impl Pair {
    /// What its signal cost.
    fn asks(&self, length: u64) -> u64 {
        self.mutex.lock();
        while !self.there.wait(&self.mutex, Some(Duration::from_nanos(length))) {}
        self.asked.store(true, SeqCst);
        while !self.go.swap(false, SeqCst) {
            self.there.wait(&self.mutex, Some(Duration::from_nanos(length)));
        }
        self.came.store(true, SeqCst);
        let before = clock::now();
        self.signalled.store(before, SeqCst);
        self.back.signal();
        let cost = clock::now() - before;
        self.mutex.unlock();
        // It computes, as a lock's new holder does.
        spin_until(&self.over);
        cost
    }

    /// How long the signal took to wake it.
    fn answers(&self) -> u64 {
        spin_until(&self.asked);
        self.mutex.lock();
        self.go.store(true, SeqCst);
        self.there.signal();
        while !self.came.swap(false, SeqCst) {
            self.back.wait(&self.mutex, None);
        }
        let woke = clock::now();
        self.mutex.unlock();
        self.over.store(true, SeqCst);
        woke.saturating_sub(self.signalled.load(SeqCst))
    }
}

fn spin_until(flag: &AtomicBool) {
    while !flag.swap(false, SeqCst) {
        std::hint::spin_loop();
    }
}
