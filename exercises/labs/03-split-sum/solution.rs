//! The sum of a slice, split over scoped threads.

use std::thread;

pub fn split_sum(numbers: &[u64], threads: usize, add: &(dyn Fn(&[u64]) -> u64 + Sync)) -> u64 {
    // From i/threads of the slice to (i + 1)/threads: lengths that differ by one at most, and nothing left over.
    let bound = |i: usize| numbers.len() * i / threads;
    thread::scope(|scope| {
        // Collected first: a lazy iterator would start each thread only when it is joined.
        let running: Vec<_> =
            (0..threads).map(|i| scope.spawn(move || add(&numbers[bound(i)..bound(i + 1)]))).collect();
        running.into_iter().map(|thread| thread.join().expect("adding does not panic")).sum()
    })
}
