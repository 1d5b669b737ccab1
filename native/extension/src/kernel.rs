//! The counting loop.

use std::hint::black_box;

/// Counts to `iterations`, which the optimizer would otherwise do without a loop.
pub(crate) fn count(iterations: u64) -> u64 {
    let mut n = 0;
    for _ in 0..iterations {
        n = black_box(n + 1);
    }
    n
}
