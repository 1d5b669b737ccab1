//! The sum of a slice, split over scoped threads.

/// `add` is the sum of a slice of numbers; it takes its time. Now one thread, this one, adds everything.
pub fn split_sum(numbers: &[u64], threads: usize, add: &(dyn Fn(&[u64]) -> u64 + Sync)) -> u64 {
    let _ = threads;
    add(numbers)
}
