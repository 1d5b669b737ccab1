//! Results in the order of the arguments, and what may be ahead of whoever takes them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use process_pool::Failure;
use process_pool::limits::AHEAD_BYTES;

use crate::basics::{builder, pool};
use crate::common::{kill, until};
use crate::gate::Gate;
use crate::tasks::{COUNTED, Counted, FRAGILE, Fragile, GATE, LONG, PANIC, SLEEP, SQUARE};

crate::tests![
    results_are_in_order,
    a_slow_first_task_holds_back_the_others_results,
    each_result_comes_as_soon_as_it_can,
    arguments_are_pulled_so_far_ahead_and_no_farther,
    results_that_come_too_early_count_as_ahead,
    arguments_that_are_there_are_encoded_so_far_ahead,
    workers_go_on_while_nobody_takes_results,
    as_many_as_may_be_ahead_are_while_nobody_takes_results,
    time_limits_are_kept_while_nobody_takes_results,
    a_panic_of_a_stored_argument_comes_after_the_results,
    results_that_nobody_takes_are_bounded_in_bytes,
    an_infinite_iterator_can_be_left,
    a_panic_of_the_iterator_comes_after_the_results,
    failures_keep_their_places,
    deaths_keep_the_order,
];

fn results_are_in_order() {
    let pool = pool(2);
    for count in [0, 1, 3, 5000] {
        // Arguments that are there, and such as must be waited for.
        assert!(pool.imap(&SQUARE, 0..count).eq((0..count).map(|n| Ok(n * n))));
        assert!(pool.imap(&SQUARE, (0..count).map(|n| n + 1)).eq((0..count).map(|n| Ok((n + 1) * (n + 1)))));
        assert!(pool.imap(&SQUARE, (0..count).collect::<Vec<_>>()).eq((0..count).map(|n| Ok(n * n))));
    }
    assert!(pool.imap(&SLEEP, [60, 1, 30, 0, 2]).eq([60, 1, 30, 0, 2].map(Ok)));
    assert!(pool.prepare(&SQUARE).ahead(1).imap(0..100).eq((0..100).map(|n| Ok(n * n))));
}

fn a_slow_first_task_holds_back_the_others_results() {
    let (pool, gate) = (pool(2), Gate::new("slow-first"));
    let arguments: Vec<_> = [gate.waits()].into_iter().chain((0..50).map(|_| gate.passes())).collect();
    let mut results = pool.imap(&GATE, arguments);
    thread::scope(|scope| {
        let first = scope.spawn(|| results.next());
        until("all others have run", || (gate.begun() == 51).then_some(()));
        assert!(!first.is_finished(), "none of them is the first");
        gate.open();
        assert!(matches!(first.join().unwrap(), Some(Ok(_))));
    });
    assert_eq!(results.count(), 50);
}

/// The next argument depends on the result.
fn each_result_comes_as_soon_as_it_can() {
    let pool = pool(2);
    let (arguments, source) = channel();
    let mut results = pool.imap(&SQUARE, source);
    for n in 0..200 {
        arguments.send(n).unwrap();
        assert_eq!(results.next(), Some(Ok(n * n)));
    }
    drop(arguments);
    assert_eq!(results.next(), None);
    assert_eq!(results.next(), None);
}

/// What was pulled is at most so much more than what was taken; and nearly so much, if nobody takes any.
fn arguments_are_pulled_so_far_ahead_and_no_farther() {
    let pool = pool(2);
    for ahead in [1, 4, 100] {
        let task = pool.prepare(&SQUARE).ahead(ahead);
        let pulled = Arc::new(AtomicUsize::new(0));
        let arguments = || {
            let count = Arc::clone(&pulled);
            count.store(0, Ordering::SeqCst);
            (0..).inspect(move |_| _ = count.fetch_add(1, Ordering::SeqCst))
        };
        let bounded = |taken: usize| {
            let pulled = pulled.load(Ordering::SeqCst);
            // One more may have been taken than is counted here.
            assert!(pulled <= taken + ahead, "{pulled} pulled, {taken} taken, {ahead} ahead");
        };
        let mut ordered = task.imap(arguments());
        for taken in 1..500 {
            assert!(ordered.next().is_some());
            bounded(taken);
        }
        until("as much as may be was pulled", || (pulled.load(Ordering::SeqCst) == 499 + ahead).then_some(()));
        thread::sleep(Duration::from_millis(20));
        bounded(499);
        drop(ordered);
        // The old iterator has ended before the next begins, or it would count, too.
        until("nobody pulls", || (Arc::strong_count(&pulled) == 1).then_some(()));
        let mut unordered = task.imap_unordered(arguments());
        for taken in 1..500 {
            assert!(unordered.next().is_some());
            bounded(taken);
        }
        drop(unordered);
        until("nobody pulls", || (Arc::strong_count(&pulled) == 1).then_some(()));
    }
}

/// Whoever waits for the first result has received the others, and not used them.
fn results_that_come_too_early_count_as_ahead() {
    let (pool, gate) = (pool(2), Gate::new("too-early"));
    let pulled = Arc::new(AtomicUsize::new(0));
    let (count, waits, passes) = (Arc::clone(&pulled), gate.waits(), gate.passes());
    let arguments = (0..).map(move |n| {
        count.fetch_add(1, Ordering::SeqCst);
        if n == 0 { waits.clone() } else { passes.clone() }
    });
    let mut results = pool.prepare(&GATE).ahead(10).imap(arguments);
    thread::scope(|scope| {
        let first = scope.spawn(|| results.next());
        until("as many as may have run", || (gate.begun() >= 10).then_some(()));
        thread::sleep(Duration::from_millis(20));
        let ahead = (gate.begun(), pulled.load(Ordering::SeqCst));
        gate.open();
        assert!(matches!(first.join().unwrap(), Some(Ok(_))));
        assert_eq!(ahead, (10, 10));
    });
    assert_eq!(results.take(50).filter(Result::is_ok).count(), 50);
}

fn arguments_that_are_there_are_encoded_so_far_ahead() {
    let pool = pool(2);
    for ahead in [1, 4, 100] {
        let counter = Arc::new(AtomicUsize::new(0));
        let arguments: Vec<_> = (0..2000).map(|n| Counted(n, Arc::clone(&counter))).collect();
        let mut results = pool.prepare(&COUNTED).ahead(ahead).imap(arguments);
        for taken in 1..=2000 {
            assert!(results.next().is_some());
            let encoded = counter.load(Ordering::SeqCst);
            assert!((taken..=taken + ahead).contains(&encoded), "{encoded} encoded, {taken} taken, {ahead} ahead");
        }
        assert_eq!((results.next(), counter.load(Ordering::SeqCst)), (None, 2000));
    }
}

/// Whoever uses results does something else for long: the workers go on, whether the arguments are there or have to be waited for.
fn workers_go_on_while_nobody_takes_results() {
    let pool = pool(2);
    for taken in [0, 1] {
        let gate = Gate::new("nobody-takes");
        let mut results = pool.imap_unordered(&GATE, vec![gate.passes(); 100]);
        results.by_ref().take(taken).for_each(|(_, result)| _ = result.unwrap());
        until("all have run", || (gate.begun() == 100).then_some(()));
        assert_eq!(results.count(), 100 - taken);

        let (gate, other) = (Gate::new("nobody-takes-others"), Gate::new("nobody-takes-a-call"));
        let passes = gate.passes();
        let mut results = pool.imap(&GATE, (0..100).map(move |_| passes.clone()));
        results.by_ref().take(taken).for_each(|result| _ = result.unwrap());
        // Another thread leads, and waits for something else.
        thread::scope(|scope| {
            let waits = scope.spawn(|| pool.call(&GATE, &other.waits()));
            until("all have run", || (gate.begun() == 100).then_some(()));
            let stored = Gate::new("nobody-takes-stored");
            let results = pool.imap_unordered(&GATE, vec![stored.passes(); 100]);
            until("all have run", || (stored.begun() == 100).then_some(()));
            assert_eq!(results.count(), 100);
            other.open();
            assert!(waits.join().unwrap().is_ok());
        });
        assert_eq!(results.count(), 100 - taken);
    }
}

/// As many as may be ahead are, each time that a result was taken, though nobody waits for the next.
fn as_many_as_may_be_ahead_are_while_nobody_takes_results() {
    let pool = pool(2);
    for ahead in [1, 3] {
        let gate = Gate::new("ahead");
        let mut results = pool.prepare(&GATE).ahead(ahead).imap(vec![gate.passes(); 30]);
        for taken in 0..30 {
            until("all that may be have run", || (gate.begun() == (taken + ahead).min(30)).then_some(()));
            thread::sleep(Duration::from_millis(3));
            assert_eq!(gate.begun(), (taken + ahead).min(30));
            assert!(results.next().is_some_and(|result| result.is_ok()));
        }
        assert!(results.next().is_none());
    }
}

fn time_limits_are_kept_while_nobody_takes_results() {
    let pool = builder().workers(2).timeout(Duration::from_millis(50)).retries(0).build().unwrap();
    let mut results = pool.imap_unordered(&SLEEP, vec![0, 600_000, 600_000]);
    assert_eq!(results.next(), Some((0, Ok(0))));
    until("both are over the limit", || (pool.stats().failed == 2).then_some(()));
    assert!(results.all(|(_, result)| result == Err(Failure::TimedOut { attempts: 1 })));
}

/// Whoever pulls it, its panic comes where results are taken, after those before it.
fn a_panic_of_a_stored_argument_comes_after_the_results() {
    let pool = pool(2);
    for waits in [false, true] {
        let arguments: Vec<_> = (0..4).map(|n| if n < 3 { Fragile(n) } else { Fragile(u64::MAX) }).collect();
        let mut results = pool.imap(&FRAGILE, arguments);
        if waits {
            // The pool's own thread pulls it.
            thread::sleep(Duration::from_millis(20));
        }
        let mut seen = Vec::new();
        let panic = catch_unwind(AssertUnwindSafe(|| seen.extend(results.by_ref().map(Result::unwrap))));
        assert_eq!(panic.unwrap_err().downcast_ref(), Some(&"fragile"));
        assert!(seen.iter().zip(0..3).all(|(seen, n)| *seen == n), "{seen:?}");
        assert_eq!(results.next(), None);
    }
}

fn results_that_nobody_takes_are_bounded_in_bytes() {
    let pool = pool(2);
    let mut results = pool.imap_unordered(&LONG, (0..).inspect(|_| ()));
    assert!(results.next().is_some());
    let bound = (AHEAD_BYTES >> 20) as u64 + 64;
    let mut before = 0;
    until("no more come", || {
        // Somebody else waits, and receives whatever comes.
        (0..50).for_each(|n| assert_eq!(pool.call(&SLEEP, &(n % 3)), Ok(n % 3)));
        let long = pool.stats().received_bytes >> 20;
        assert!(long <= bound, "{long} MiB");
        (std::mem::replace(&mut before, long) == long && long > 8).then_some(())
    });
    // It goes on when they are taken.
    assert_eq!(
        results.by_ref().take(100).filter(|(_, text)| text.as_ref().is_ok_and(|text| text.len() == 1 << 20)).count(),
        100
    );
}

fn an_infinite_iterator_can_be_left() {
    let pool = pool(2);
    assert!(pool.imap(&SQUARE, 0..).take(1000).eq((0..1000).map(|n| Ok(n * n))));
    assert!(pool.imap(&SQUARE, (0..).inspect(|_| ())).take(1000).eq((0..1000).map(|n| Ok(n * n))));
    let (arguments, source) = channel();
    let mut results = pool.imap(&SQUARE, source);
    arguments.send(3).unwrap();
    assert_eq!(results.next(), Some(Ok(9)));
    drop(results);
    assert_eq!(pool.call(&SQUARE, &3), Ok(9));
    drop(arguments);
}

fn a_panic_of_the_iterator_comes_after_the_results() {
    let pool = pool(2);
    for _ in 0..20 {
        let mut results = pool.imap(&SQUARE, (0..4u64).map(|n| if n < 3 { n } else { panic!("no more") }));
        let mut seen = Vec::new();
        let panic = catch_unwind(AssertUnwindSafe(|| seen.extend(results.by_ref().map(Result::unwrap))));
        assert_eq!(panic.unwrap_err().downcast_ref(), Some(&"no more"));
        assert_eq!(seen, [0, 1, 4]);
        assert_eq!(results.next(), None);
    }
}

fn failures_keep_their_places() {
    let pool = pool(2);
    let failed = |n: u64| move |outcome: Result<u64, Failure>| matches!(outcome, Err(Failure::Panicked(panic)) if panic.message == format!("on purpose {n}"));
    assert!((0..100).zip(pool.imap(&PANIC, 0..100)).all(|(n, outcome)| failed(n)(outcome)));
}

fn deaths_keep_the_order() {
    let pool = builder().workers(2).retries(100).build().unwrap();
    let mut results = pool.imap(&SQUARE, 0..3000);
    for n in 0..3000 {
        if n % 300 == 150 {
            pool.workers().into_iter().for_each(|worker| _ = kill(worker));
        }
        assert_eq!(results.next(), Some(Ok(n * n)));
    }
    assert_eq!(results.next(), None);
}
