//! Iterators of arguments that are slow, wait for results, panic, or never end.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use process_pool::limits::{AHEAD_BYTES, BATCH_TASKS, LARGE};
use process_pool::wire::Value;
use process_pool::{Bytes, Failure, Pool, Task};

use crate::basics::{builder, pool};
use crate::common::{can_look, kill, lives, until};
use crate::retries::note;
use crate::tasks::{ECHO, HANG, REVERSE, SLEEP, SQUARE};

crate::tests![
    results_come_while_the_iterator_waits_for_them,
    a_death_is_handled_while_the_iterator_waits,
    a_time_limit_holds_while_the_iterator_waits,
    a_time_limit_holds_while_the_iterator_of_a_map_waits,
    an_iterator_that_never_ends_can_be_left,
    what_is_ahead_is_bounded,
    what_is_ahead_is_bounded_in_bytes,
    a_panic_of_the_iterator_arrives,
    an_iterator_can_use_another_pool,
];

/// The next argument depends on a result: whoever pulls before it looks for results waits for ever.
fn results_come_while_the_iterator_waits_for_them() {
    let pool = pool(2);
    let (arguments, source) = channel();
    let mut results = pool.imap_unordered(&SQUARE, source);
    for n in 0..200 {
        arguments.send(n).unwrap();
        assert_eq!(results.next().unwrap().1, Ok(n * n));
    }
    // Many at once, and one more.
    for n in 0..500 {
        arguments.send(n).unwrap();
    }
    let squares: u64 = results.by_ref().take(500).map(|(_, square)| square.unwrap()).sum();
    assert_eq!(squares, (0..500).map(|n| n * n).sum());
    arguments.send(7).unwrap();
    assert_eq!(results.next(), Some((700, Ok(49))));
    drop(arguments);
    assert_eq!(results.next(), None);
}

fn a_death_is_handled_while_the_iterator_waits() {
    let pool = pool(1);
    let workers = pool.workers();
    let (arguments, source) = channel();
    let mut results = pool.imap_unordered(&SLEEP, source);
    arguments.send(1).unwrap();
    assert_eq!(results.next(), Some((0, Ok(1))));
    arguments.send(200).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(50));
            assert!(kill(workers[0]));
        });
        assert_eq!(results.next(), Some((1, Ok(200))), "by another worker");
    });
    drop(arguments);
    assert_eq!(results.next(), None);
}

/// The argument of a task that hangs, and then nothing until the pool's only worker has been killed.
fn hanging(pool: &Pool, name: &str) -> (impl Iterator<Item = String> + Send + 'static, std::path::PathBuf) {
    let path = note(name);
    let text = path.to_str().unwrap().to_owned();
    let worker = pool.workers()[0];
    let wait = std::iter::once(()).filter_map(move |()| {
        until("its worker has been killed", || (!lives(worker)).then_some(()));
        None
    });
    (std::iter::once(text).chain(wait), path)
}

fn a_time_limit_holds_while_the_iterator_waits() {
    if !can_look() {
        return;
    }
    let pool = builder().workers(1).timeout(Duration::from_millis(100)).retries(0).build().unwrap();
    let (arguments, path) = hanging(&pool, "hangs");
    let results: Vec<_> = pool.imap_unordered(&HANG, arguments).collect();
    assert_eq!(results, [(0, Err(Failure::TimedOut { attempts: 1 }))]);
    // On a busy machine it may have been killed before it had written the file.
    let _ = fs::remove_file(path);
}

fn a_time_limit_holds_while_the_iterator_of_a_map_waits() {
    if !can_look() {
        return;
    }
    let pool = builder().workers(1).timeout(Duration::from_millis(100)).retries(0).build().unwrap();
    let (arguments, path) = hanging(&pool, "hangs-in-a-map");
    assert_eq!(pool.map(&HANG, arguments), [Err(Failure::TimedOut { attempts: 1 })]);
    let _ = fs::remove_file(path);
}

fn an_iterator_that_never_ends_can_be_left() {
    let pool = pool(2);
    let (arguments, source) = channel();
    let mut results = pool.imap_unordered(&SQUARE, source);
    arguments.send(3).unwrap();
    assert_eq!(results.next(), Some((0, Ok(9))));
    // Its iterator waits for an argument.
    drop(results);
    assert_eq!(pool.map(&SQUARE, 0..3), [Ok(0), Ok(1), Ok(4)]);
    drop(arguments);
}

/// Nobody takes results: the iterator must wait, or it would fill the memory.
fn what_is_ahead_is_bounded() {
    // Two batches for each worker, and what may wait.
    pulls_at_most(6 * BATCH_TASKS, &SQUARE, |n| n);
}

/// Few arguments, but large ones.
fn what_is_ahead_is_bounded_in_bytes() {
    let of_an_argument = 4 * LARGE;
    // What may wait, what was taken to be sent, and the same for each of two batches of two workers.
    let bound = 6 * AHEAD_BYTES / of_an_argument;
    // Results that are in memory of the parent, and such as are in memory of a worker.
    pulls_at_most(bound, &ECHO, move |_| Bytes::from(vec![0; of_an_argument]));
    pulls_at_most(bound, &REVERSE, move |_| Bytes::from(vec![0; of_an_argument]));
}

fn pulls_at_most<A, R>(bound: usize, task: &Task<A, R>, argument: impl Fn(u64) -> A + Send + 'static)
where
    A: Value + Send + 'static,
    R: Value + Send + 'static,
{
    let pool = pool(2);
    let pulled = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&pulled);
    let arguments = (0..).inspect(move |_| _ = count.fetch_add(1, Ordering::Relaxed)).map(argument);
    let mut results = pool.imap_unordered(task, arguments);
    assert!(results.next().is_some());
    let mut before = 0;
    until("it waits", || {
        thread::sleep(Duration::from_millis(300));
        let now = pulled.load(Ordering::Relaxed);
        assert!(now <= bound, "{now}");
        (std::mem::replace(&mut before, now) == now).then_some(())
    });
}

fn a_panic_of_the_iterator_arrives() {
    let pool = pool(2);
    let arguments = || (0..4u64).map(|n| if n < 3 { n } else { panic!("no more") });
    // Several times: the end and the panic must be seen together.
    for _ in 0..20 {
        let mut seen = Vec::new();
        let mut results = pool.imap_unordered(&SQUARE, arguments());
        let panic = catch_unwind(AssertUnwindSafe(|| seen.extend(results.by_ref().map(|(_, square)| square.unwrap()))));
        assert_eq!(panic.unwrap_err().downcast_ref(), Some(&"no more"));
        drop(results);
        seen.sort_unstable();
        assert_eq!(seen, [0, 1, 4], "after the results of all arguments before it");
    }
    let panic = catch_unwind(AssertUnwindSafe(|| pool.map(&SQUARE, arguments())));
    assert_eq!(panic.unwrap_err().downcast_ref(), Some(&"no more"));
    assert_eq!(pool.call(&SQUARE, &5), Ok(25));
}

fn an_iterator_can_use_another_pool() {
    let (one, other) = (pool(2), pool(1));
    let arguments = (0..50).map(|n| other.call(&SQUARE, &n).unwrap());
    assert_eq!(one.map(&SQUARE, arguments), (0..50u64).map(|n| Ok(n.pow(4))).collect::<Vec<_>>());
}
