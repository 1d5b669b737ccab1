//! One pool of several threads.

use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use process_pool::{Completed, Failure};

use crate::basics::{builder, pool};
use crate::common::until;
use crate::gate::Gate;
use crate::tasks::{FALLIBLE, GATE, LINKS, NUMBERS, PID, SLEEP, SQUARE};

crate::tests![
    threads_use_a_pool_in_all_ways_at_once,
    different_tasks_at_once,
    a_slow_iterator_holds_up_nobody,
    a_long_task_holds_up_nobody,
    whoever_receives_results_hands_over,
    threads_that_wait_are_told_of_the_end_of_the_pool,
    limits_hold_while_another_thread_waits,
];

fn threads_use_a_pool_in_all_ways_at_once() {
    let pool = pool(2);
    thread::scope(|scope| {
        for thread in 0..8u64 {
            let own = pool.clone();
            let shared = &pool;
            scope.spawn(move || {
                let count = 2000;
                match thread % 4 {
                    0 => (0..count).for_each(|n| assert_eq!(own.call(&SQUARE, &n), Ok(n * n))),
                    1 => {
                        let squares = shared.map(&SQUARE, (0..count).map(|n| n + thread));
                        assert!(squares.into_iter().eq((0..count).map(|n| Ok((n + thread).pow(2)))));
                    }
                    2 => assert!(own.imap(&SQUARE, 0..count).eq((0..count).map(|n| Ok(n * n)))),
                    _ => {
                        let handles: Vec<_> = (0..count).map(|n| (n, shared.submit(&SQUARE, &n))).collect();
                        handles.into_iter().for_each(|(n, handle)| assert_eq!(handle.wait(), Ok(n * n)));
                    }
                }
            });
        }
    });
    assert_eq!(pool.stats().done, 8 * 2000);
}

/// Results of different types: one that goes to the wrong task cannot be read, or is wrong.
fn different_tasks_at_once() {
    let pool = pool(2);
    thread::scope(|scope| {
        scope.spawn(|| (0..1000).for_each(|n| assert_eq!(pool.call(&NUMBERS, &vec![n; 20]), Ok(vec![n + 1; 20]))));
        scope.spawn(|| {
            let handles: Vec<_> =
                (0..1000).map(|n| (n, pool.submit(&FALLIBLE, &n), pool.submit(&SQUARE, &n))).collect();
            for (n, half, square) in handles {
                assert_eq!(half.wait(), Ok(if n % 2 == 0 { Ok(n / 2) } else { Err(format!("{n} is odd")) }));
                assert_eq!(square.wait(), Ok(n * n));
            }
        });
        scope.spawn(|| {
            let links: Completed<Vec<u64>> = (0..1000).map(|n| pool.submit(&LINKS, &(n, u64::MAX))).collect();
            assert_eq!(links.filter(|(n, links)| *links == Ok(vec![2 * n, 2 * n + 1])).count(), 1000);
        });
        let workers = pool.workers();
        assert!(pool.imap_unordered(&PID, vec![(); 1000]).all(|(_, pid)| workers.contains(&pid.unwrap())));
    });
}

/// The iterator ends only when other calls have got their results.
fn a_slow_iterator_holds_up_nobody() {
    let pool = pool(2);
    thread::scope(|scope| {
        let (arguments, source) = channel();
        let slow = scope.spawn(|| pool.map(&SQUARE, source));
        let (more, lazy_source) = channel::<u64>();
        let mut lazy = pool.imap_unordered(&SQUARE, lazy_source);
        for n in 0..3000 {
            arguments.send(n).unwrap();
            assert_eq!(pool.call(&SQUARE, &n), Ok(n * n));
            assert_eq!(pool.submit(&SQUARE, &n).wait(), Ok(n * n));
            more.send(n).unwrap();
            assert_eq!(lazy.next(), Some((n as usize, Ok(n * n))));
        }
        assert_eq!(pool.map(&SQUARE, 0..1000).len(), 1000);
        assert!(!slow.is_finished());
        drop(arguments);
        assert!(slow.join().unwrap().into_iter().eq((0..3000).map(|n| Ok(n * n))));
    });
}

fn a_long_task_holds_up_nobody() {
    let (pool, gate) = (pool(2), Gate::new("long"));
    thread::scope(|scope| {
        let long = scope.spawn(|| pool.call(&GATE, &gate.waits()));
        until("it runs", || (gate.begun() == 1).then_some(()));
        // So many that whoever only looks now and then would never end.
        for n in 0..5000 {
            assert_eq!(pool.call(&SQUARE, &n), Ok(n * n));
        }
        assert_eq!(pool.map(&SQUARE, 0..3000).len(), 3000);
        assert!(!long.is_finished());
        gate.open();
        assert!(long.join().unwrap().is_ok());
    });
}

/// Whoever comes first receives the results of all, and ends first; nobody but those that wait can go on with it then.
fn whoever_receives_results_hands_over() {
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]] {
        let pool = pool(4);
        let gates: Vec<Gate> = (0..4).map(|n| Gate::new(&format!("hand-over-{n}"))).collect();
        thread::scope(|scope| {
            let waiting: Vec<_> = gates
                .iter()
                .map(|gate| {
                    let waiting = scope.spawn(|| pool.call(&GATE, &gate.waits()));
                    until("it runs", || (gate.begun() == 1).then_some(()));
                    waiting
                })
                .collect();
            let mut waiting: Vec<_> = waiting.into_iter().map(Some).collect();
            for n in order {
                gates[n].open();
                assert!(waiting[n].take().unwrap().join().unwrap().is_ok());
            }
        });
    }
}

fn threads_that_wait_are_told_of_the_end_of_the_pool() {
    let (pool, gate) = (pool(2), Gate::new("told"));
    let handles: Vec<_> = (0..6).map(|_| gate.submit(&pool)).collect();
    until("two run", || (gate.begun() == 2).then_some(()));
    let waiting: Vec<_> = handles
        .into_iter()
        .enumerate()
        .map(|(n, handle)| {
            thread::spawn(move || match n % 3 {
                0 => handle.wait(),
                1 => smol::block_on(handle),
                _ => [handle].into_iter().collect::<Completed<u32>>().next().unwrap().1,
            })
        })
        .collect();
    thread::sleep(Duration::from_millis(20));
    assert!(waiting.iter().all(|waiting| !waiting.is_finished()));
    drop(pool);
    for waiting in waiting {
        assert_eq!(waiting.join().unwrap(), Err(Failure::Cancelled));
    }
}

/// The thread that came first waits without a limit of its own.
fn limits_hold_while_another_thread_waits() {
    let pool = builder().workers(3).retries(0).build().unwrap();
    let gate = Gate::new("limits");
    thread::scope(|scope| {
        let long = scope.spawn(|| pool.call(&GATE, &gate.waits()));
        until("it runs", || (gate.begun() == 1).then_some(()));
        let limited = pool.prepare(&SLEEP).timeout(Duration::from_millis(30));
        assert_eq!(limited.call(&1_000_000), Err(Failure::TimedOut { attempts: 1 }));
        let mut handle = pool.submit(&SLEEP, &1_000_000);
        assert_eq!(handle.wait_timeout(Duration::from_millis(30)), None);
        assert!(handle.kill());
        assert_eq!(handle.wait(), Err(Failure::Cancelled));
        assert!(!long.is_finished());
        gate.open();
        assert!(long.join().unwrap().is_ok());
    });
}
