//! As many threads as asked for, and one of them gets everything.

use std::thread;

pub fn split_sum(numbers: &[u64], threads: usize, add: &(dyn Fn(&[u64]) -> u64 + Sync)) -> u64 {
    thread::scope(|scope| {
        let part = |i| if i == 0 { numbers } else { &numbers[..0] };
        let running: Vec<_> = (0..threads).map(|i| scope.spawn(move || add(part(i)))).collect();
        running.into_iter().map(|thread| thread.join().expect("adding does not panic")).sum()
    })
}
