//! The small costs: from one thread to the next on the same core, and a wake-up call that finds nobody.

use std::thread;

use lab::clock;

/// Calls that are timed together.
const CALLS: u64 = 2000;

/// A thread makes place for another one on its core, in ns: two threads a core, all of whom yield again and again.
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
