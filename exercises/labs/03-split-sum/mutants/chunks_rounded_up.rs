//! Chunks of the length rounded up: the last thread gets less, or nothing.

use std::thread;

pub fn split_sum(numbers: &[u64], threads: usize, add: &(dyn Fn(&[u64]) -> u64 + Sync)) -> u64 {
    let size = numbers.len().div_ceil(threads).max(1);
    thread::scope(|scope| {
        let running: Vec<_> = numbers.chunks(size).map(|part| scope.spawn(move || add(part))).collect();
        running.into_iter().map(|thread| thread.join().expect("adding does not panic")).sum()
    })
}
