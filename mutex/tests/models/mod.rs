//! What the threads of the models do.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use loom::thread;

use crate::buffer::Buffer;
use crate::dinner::{Rule, Table};
use crate::locks::{Exclusive, Guarded};

/// Runs `body(0)` to `body(threads - 1)`, the last of them on the calling thread, and waits for all.
pub fn threads(threads: usize, body: impl Fn(usize) + Send + Sync + 'static) {
    let body = Arc::new(body);
    let started: Vec<_> = (0..threads - 1)
        .map(|n| {
            let body = Arc::clone(&body);
            thread::spawn(move || body(n))
        })
        .collect();
    body(threads - 1);
    started.into_iter().for_each(|thread| thread.join().unwrap());
}

/// All add to one counter behind the lock; no update may be lost.
pub fn counted<L: Exclusive + 'static>(many: usize, turns: usize) {
    let counter = Arc::new(Guarded::<L, usize>::new(0));
    let shared = Arc::clone(&counter);
    threads(many, move |_| (0..turns).for_each(|_| shared.with(|counter| *counter += 1)));
    assert_eq!(counter.with(|counter| *counter), many * turns, "an update was lost");
}

/// Every producer puts `each` items into a buffer with room for one, and the consumers share them out; every item must come once.
pub fn buffered(producers: usize, consumers: usize, each: usize) {
    buffered_by(producers, consumers, each, Buffer::take);
}

/// The same with another way to take.
pub fn buffered_by(producers: usize, consumers: usize, each: usize, take: fn(&Buffer<usize>) -> Option<usize>) {
    through(producers, consumers, each, || Buffer::new(1), Buffer::put, take);
}

/// The same with any buffer that has room for one.
pub fn through<B: Send + Sync + 'static>(
    producers: usize,
    consumers: usize,
    each: usize,
    new: impl FnOnce() -> B,
    put: impl Fn(&B, usize) -> usize + Send + Sync + 'static,
    take: impl Fn(&B) -> Option<usize> + Send + Sync + 'static,
) {
    let (buffer, sum) = (new(), Arc::new(AtomicUsize::new(0)));
    let total = Arc::clone(&sum);
    threads(producers + consumers, move |n| {
        if n < producers {
            for item in 0..each {
                assert!(put(&buffer, 1 << (n * each + item)) <= 1, "more than there is room for");
            }
        } else {
            for _ in 0..producers * each / consumers {
                let item = take(&buffer).expect("woken, but there was nothing to take");
                total.fetch_add(item, Relaxed);
            }
        }
    });
    assert_eq!(sum.load(Relaxed), (1 << (producers * each)) - 1, "an item is missing, or came twice");
}

/// So many philosophers eat so many meals each.
pub fn dinner(rule: Rule, seats: usize, meals: u64) {
    let table = Arc::new(Table::new(seats));
    let shared = Arc::clone(&table);
    threads(seats, move |seat| {
        for _ in 0..meals {
            shared.dine(seat, rule, || ());
        }
    });
    assert_eq!(table.used(), vec![2 * meals; seats], "somebody did not eat with two forks");
}
