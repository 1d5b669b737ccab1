//! Which waiter takes a signal: the longest one, which sleeps, or the one that has just requested it and is about to sleep.
//!
//! A lock's holder hears of a request while the one who made it is about to wait again. If the signal comes before that one
//! sleeps, it turns round and takes it, and the longest waiter is woken in vain. Some hundred ns decide, so they are measured.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use lab::clock;

use super::pthread::{Condvar, Line, Mutex};

/// What one round came to, in ns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Round {
    /// From the request until the busy thread had the mutex, and signalled.
    pub(super) heard: u64,
    /// Whether the one who asked took it.
    pub(super) stolen: bool,
    /// From the signal until it was taken.
    pub(super) taken: u64,
    /// What the signal cost the busy thread.
    pub(super) cost: u64,
}

const NOBODY: u8 = 0;
const LONGEST: u8 = 1;
const REQUESTER: u8 = 2;

/// As CPython's `_gil_runtime_state` begins. What shares a cache line with what decides races: left to chance, every run of this program
/// would have measured something else.
#[derive(Default)]
#[repr(C)]
struct Lock {
    _interval_and_last_holder: [u64; 2],
    /// The signal: the first thread to find it takes it. Changed under the mutex.
    free: AtomicBool,
    _switch_number: u64,
    freed: Condvar,
    mutex: Mutex,
}

#[derive(Default)]
struct Ring {
    lock: Line<Lock>,
    /// CPython's requests are elsewhere.
    asked: Line<AtomicBool>,
    over: AtomicBool,
    longest_waits: AtomicBool,
    taken: AtomicU64,
    winner: AtomicU8,
}

/// A thread waits for good; another one waits for `length` ns, asks a busy thread, and waits again. The busy one lets `pause` ns
/// pass, then signals once.
pub(super) fn race(length: u64, pause: u64, rounds: usize) -> Vec<Round> {
    let (ring, gate) = (Ring::default(), Barrier::new(3));
    thread::scope(|scope| {
        scope.spawn(|| (0..rounds).for_each(|_| ring.longest(&gate, length)));
        scope.spawn(|| (0..rounds).for_each(|_| ring.requester(&gate, length)));
        (0..rounds).map(|_| ring.busy(&gate, pause)).collect()
    })
}

impl Ring {
    fn longest(&self, gate: &Barrier, length: u64) {
        gate.wait();
        self.lock.0.mutex.lock();
        self.longest_waits.store(true, SeqCst);
        // Its time is not up before the round is over.
        self.takes(LONGEST, 4 * length);
        self.lock.0.mutex.unlock();
        gate.wait();
    }

    fn requester(&self, gate: &Barrier, length: u64) {
        gate.wait();
        self.lock.0.mutex.lock();
        while !self.longest_waits.load(SeqCst) {
            self.lock.0.mutex.unlock();
            thread::sleep(Duration::from_micros(20));
            self.lock.0.mutex.lock();
        }
        while !self.lock.0.freed.wait(&self.lock.0.mutex, Some(Duration::from_nanos(length))) {}
        self.asked.0.store(true, SeqCst);
        self.takes(REQUESTER, length);
        self.lock.0.mutex.unlock();
        gate.wait();
    }

    /// Waits until it is free, or the round is over; for `timer` ns at a time, as all who wait for a GIL: a thread that sets a timer takes
    /// longer to fall asleep.
    fn takes(&self, me: u8, timer: u64) {
        while !self.lock.0.free.load(SeqCst) {
            if self.over.load(SeqCst) {
                return;
            }
            self.lock.0.freed.wait(&self.lock.0.mutex, Some(Duration::from_nanos(timer)));
        }
        self.taken.store(clock::now(), SeqCst);
        self.lock.0.free.store(false, SeqCst);
        self.winner.store(me, SeqCst);
    }

    fn busy(&self, gate: &Barrier, pause: u64) -> Round {
        for flag in [&self.lock.0.free, &self.over, &self.longest_waits, &self.asked.0] {
            flag.store(false, SeqCst);
        }
        self.winner.store(NOBODY, SeqCst);
        gate.wait();
        while !self.asked.0.load(SeqCst) {
            std::hint::spin_loop();
        }
        let asked = clock::now();
        while pause > 0 && clock::now() < asked + pause {}
        self.lock.0.mutex.lock();
        let heard = clock::now();
        self.lock.0.free.store(true, SeqCst);
        self.lock.0.freed.signal();
        let signalled = clock::now();
        self.lock.0.mutex.unlock();
        while self.winner.load(SeqCst) == NOBODY {
            std::hint::spin_loop();
        }
        let (taken, stolen) = (self.taken.load(SeqCst), self.winner.load(SeqCst) == REQUESTER);
        self.lock.0.mutex.lock();
        self.over.store(true, SeqCst);
        self.lock.0.freed.signal_all();
        self.lock.0.mutex.unlock();
        gate.wait();
        Round {
            heard: heard.saturating_sub(asked),
            stolen,
            taken: taken.saturating_sub(heard),
            cost: signalled - heard,
        }
    }
}
