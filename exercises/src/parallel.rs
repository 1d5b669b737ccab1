//! Does the same for many items, several at a time.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What `work` returns for each item, in the order of the items. At most `workers` threads take the next item each until none is left.
pub fn map<T: Sync, R: Send>(items: &[T], workers: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done: Vec<Mutex<Option<R>>> = items.iter().map(|_| Mutex::new(None)).collect();
    thread::scope(|scope| {
        for _ in 0..workers.min(items.len()) {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(n) else { break };
                    *done[n].lock().expect("nobody panics with it") = Some(work(item));
                }
            });
        }
    });
    let outcome =
        |place: Mutex<Option<R>>| place.into_inner().expect("nobody panics with it").expect("every item is done");
    done.into_iter().map(outcome).collect()
}
