//! Small costs: a context switch on one core, and a wake-up call that finds no sleeper.

use std::thread;

use lab::clock;

/// Calls that are timed together.
const CALLS: u64 = 2000;

/// A context switch on one core, in ns: two threads per core, which all yield repeatedly.
pub fn dispatch() -> u64 {
    let threads = lab::machine::cores() as u64 * 2;
    let start = clock::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| (0..CALLS).for_each(|_| thread::yield_now()));
        }
    });
    // Every core makes as many switches as two threads yield.
    ((clock::now() - start) / (2 * CALLS)).max(500)
}

/// A system call that does nothing, in ns: what waking nobody costs.
pub fn nobody() -> u64 {
    let before = clock::now();
    for _ in 0..CALLS {
        thread::yield_now();
    }
    (clock::now() - before) / CALLS
}
