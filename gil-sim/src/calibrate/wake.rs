//! How long it takes to wake somebody, and how late a timed wait ends.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use lab::clock;

use super::busy;

/// What was measured, in ns.
#[derive(Clone, Debug, Default)]
pub struct Wakes {
    /// How late the timed wait ended.
    pub late: Vec<u64>,
    /// How long it took to wake it, and what that cost the one who woke it.
    pub wake: Vec<(u64, u64)>,
}

/// What a thread did before it began to wait, for how many ns.
#[derive(Clone, Copy, Debug)]
pub enum Before {
    Slept(u64),
    Computed(u64),
}

/// A thread sleeps or computes, tells a busy thread that it is done, and waits for `timer` ns at most. `idle` ns after it has let the mutex
/// go, the busy one wakes it.
///
/// With a short `idle` it finds somebody who is still on the way to sleep: that is how a GIL's holder finds the one who asked.
pub fn wake(before: Before, timer: u64, idle: u64, rounds: usize) -> Wakes {
    let (told, signalled) = (AtomicU64::new(0), AtomicU64::new(0));
    let (mutex, woken) = (Mutex::new(false), Condvar::new());
    let mut found = Wakes::default();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            let (mut lates, mut wakes) = (Vec::with_capacity(rounds), Vec::with_capacity(rounds));
            for _ in 0..rounds {
                let mut go = lock(&mutex);
                let start = clock::now();
                let length = match before {
                    Before::Computed(length) => {
                        busy::compute(length);
                        length
                    }
                    Before::Slept(length) => {
                        let mut timed_out = false;
                        while !timed_out {
                            let waited = woken.wait_timeout(go, Duration::from_nanos(length));
                            let (back, result) = waited.unwrap_or_else(PoisonError::into_inner);
                            (go, timed_out) = (back, result.timed_out());
                        }
                        length
                    }
                };
                let now = clock::now();
                told.store(now, SeqCst);
                while !*go {
                    (go, _) =
                        woken.wait_timeout(go, Duration::from_nanos(timer)).unwrap_or_else(PoisonError::into_inner);
                }
                wakes.push(clock::now().saturating_sub(signalled.load(SeqCst)));
                *go = false;
                lates.push((now - start).saturating_sub(length));
            }
            (lates, wakes)
        });
        let mut costs = Vec::with_capacity(rounds);
        for _ in 0..rounds {
            spin_until(|| told.swap(0, SeqCst), |since| *since > 0);
            let mut go = spin_until(|| mutex.try_lock().ok(), Option::is_some).expect("it was looked for");
            let waits = clock::now();
            *go = true;
            // Let go first, so that the one who wakes need not wait for the mutex.
            drop(go);
            spin_until(clock::now, |now| *now >= waits + idle);
            let before = clock::now();
            signalled.store(before, SeqCst);
            woken.notify_one();
            costs.push(clock::now() - before);
        }
        let (lates, wakes) = waiter.join().expect("the waiter only waits");
        found.late = lates;
        found.wake = wakes.into_iter().zip(costs).collect();
    });
    found
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn spin_until<T>(look: impl Fn() -> T, enough: impl Fn(&T) -> bool) -> T {
    loop {
        let seen = look();
        if enough(&seen) {
            return seen;
        }
        std::hint::spin_loop();
    }
}
