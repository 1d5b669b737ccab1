//! What is left over by the division all goes to the last thread.

use std::thread;

pub fn split_sum(numbers: &[u64], threads: usize, add: &(dyn Fn(&[u64]) -> u64 + Sync)) -> u64 {
    let size = numbers.len() / threads;
    let bound = |i: usize| if i == threads { numbers.len() } else { size * i };
    thread::scope(|scope| {
        let running: Vec<_> =
            (0..threads).map(|i| scope.spawn(move || add(&numbers[bound(i)..bound(i + 1)]))).collect();
        running.into_iter().map(|thread| thread.join().expect("adding does not panic")).sum()
    })
}
