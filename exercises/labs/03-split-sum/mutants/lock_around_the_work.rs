//! The mutex that protects the total is held while a part is added.

use std::sync::Mutex;
use std::thread;

pub fn split_sum(numbers: &[u64], threads: usize, add: &(dyn Fn(&[u64]) -> u64 + Sync)) -> u64 {
    let bound = |i: usize| numbers.len() * i / threads;
    let total = Mutex::new(0);
    thread::scope(|scope| {
        for i in 0..threads {
            let total = &total;
            scope.spawn(move || {
                let mut total = total.lock().expect("adding does not panic");
                *total += add(&numbers[bound(i)..bound(i + 1)]);
            });
        }
    });
    total.into_inner().expect("adding does not panic")
}
