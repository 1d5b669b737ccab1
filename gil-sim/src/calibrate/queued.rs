//! How the system queues a thread that is woken while all cores are busy.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread;

use lab::clock;

use super::busy;
use crate::sync::{Condvar, Mutex};

/// A thread computes on every core, and one of them wakes a sleeper: how long that one waits for a core, in ns.
pub fn queued(rounds: usize) -> Vec<u64> {
    /// Between two wake-ups, in ns.
    const PAUSE: u64 = 3_000_000;
    let (signalled, woke, done) = (AtomicU64::new(0), AtomicBool::new(false), AtomicBool::new(false));
    let (mutex, woken) = (Mutex::new(false), Condvar::new());
    thread::scope(|scope| {
        let sleeper = scope.spawn(|| {
            let mut waits = Vec::with_capacity(rounds);
            for _ in 0..rounds {
                let mut go = mutex.lock();
                while !*go {
                    go = woken.wait(go);
                }
                waits.push(clock::now().saturating_sub(signalled.load(SeqCst)));
                *go = false;
                drop(go);
                woke.store(true, SeqCst);
            }
            waits
        });
        busy::others_compute(scope, &done);
        for _ in 0..rounds {
            busy::compute(PAUSE);
            *mutex.lock() = true;
            signalled.store(clock::now(), SeqCst);
            woken.notify_one();
            while !woke.swap(false, SeqCst) {
                std::hint::spin_loop();
            }
        }
        done.store(true, SeqCst);
        sleeper.join().expect("the sleeper only waits")
    })
}
