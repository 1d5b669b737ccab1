//! Outcomes as they come, of tasks that were submitted one by one.

use std::collections::BTreeSet;

use process_pool::{Completed, Failure};

use crate::basics::pool;
use crate::gate::Gate;
use crate::tasks::{FALLIBLE, GATE, LINKS, PID, SQUARE, STRANGER};

crate::tests![
    outcomes_come_as_tasks_end,
    each_outcome_comes_once,
    results_make_new_tasks,
    several_pools_are_one_set,
    the_first_error_cancels_the_rest,
    a_set_outlives_its_pool,
];

fn outcomes_come_as_tasks_end() {
    let (pool, gate) = (pool(2), Gate::new("as-they-end"));
    let (running, pid) = gate.enter(&pool);
    let mut completed = Completed::new();
    assert_eq!(completed.push(running), 0);
    for n in 1..50 {
        assert_eq!(completed.push(pool.submit(&PID, &())), n);
    }
    // The first submitted is the last that ends.
    let first: BTreeSet<u64> = completed.by_ref().take(49).map(|(n, _)| n).collect();
    assert!(first.into_iter().eq(1..50));
    assert_eq!((completed.len(), completed.is_empty()), (1, false));
    assert_eq!(completed.handles().map(|(n, handle)| (n, handle.is_done())).collect::<Vec<_>>(), [(0, false)]);
    gate.open();
    assert_eq!(completed.next(), Some((0, Ok(pid))));
    assert_eq!((completed.next(), completed.len()), (None, 0));
    // It can go on after that.
    assert_eq!(completed.push(pool.submit(&PID, &())), 50);
    assert!(matches!(completed.next(), Some((50, Ok(_)))));
}

fn each_outcome_comes_once() {
    let pool = pool(2);
    let mut completed: Completed<u64> = Completed::new();
    assert_eq!(completed.next(), None, "none is waited for");
    for n in 0..3000 {
        // Some fail at once, and some have ended before.
        let handle = if n % 100 == 99 { pool.submit(&STRANGER, &n) } else { pool.submit(&SQUARE, &n) };
        completed.push(handle);
    }
    let mut seen = [0; 3000];
    for (n, outcome) in completed {
        seen[n as usize] += 1;
        assert_eq!(outcome, if n % 100 == 99 { Err(Failure::Unknown("stranger")) } else { Ok(n * n) });
    }
    assert_eq!(seen, [1; 3000]);
}

/// A crawler: each page names others.
fn results_make_new_tasks() {
    let (pool, nodes) = (pool(2), 2000);
    let mut completed: Completed<Vec<u64>> = Completed::new();
    completed.push(pool.submit(&LINKS, &(1, nodes)));
    let mut seen = BTreeSet::from([1]);
    while let Some((_, links)) = completed.next() {
        for link in links.unwrap() {
            assert!(seen.insert(link), "{link} twice");
            completed.push(pool.submit(&LINKS, &(link, nodes)));
        }
    }
    assert!(seen.into_iter().eq(1..=nodes));
}

/// Whoever waits must not receive results of one pool only.
fn several_pools_are_one_set() {
    let pools = [pool(1), pool(1), pool(1)];
    let workers: BTreeSet<u32> = pools.iter().flat_map(|pool| pool.workers()).collect();
    let mut completed = Completed::new();
    for n in 0..30 {
        completed.push(pools[n % 3].submit(&PID, &()));
    }
    let mut of_pool = [(); 3].map(|()| BTreeSet::new());
    let mut count = 0;
    for (n, pid) in completed.by_ref() {
        of_pool[n as usize % 3].insert(pid.unwrap());
        count += 1;
    }
    assert_eq!(count, 30);
    assert!(of_pool.iter().all(|pids| pids.len() == 1), "{of_pool:?}");
    assert_eq!(of_pool.into_iter().flatten().collect::<BTreeSet<_>>(), workers);
    // One at a time, in turn: a result makes a task of the next pool.
    for n in 0..300 {
        completed.push(pools[n % 3].submit(&PID, &()));
        assert!(matches!(completed.next(), Some((_, Ok(_)))));
    }
}

fn the_first_error_cancels_the_rest() {
    let (pool, gate) = (pool(2), Gate::new("first-error"));
    let (running, _) = gate.enter(&pool);
    let mut completed: Completed<u32> = [running].into_iter().collect();
    let bad = pool.submit(&FALLIBLE, &3);
    (0..100).for_each(|_| _ = completed.push(pool.submit(&GATE, &gate.waits())));
    assert!(matches!(bad.wait(), Ok(Err(_))));
    let open: Vec<bool> = completed.handles().map(|(_, handle)| handle.kill()).collect();
    assert_eq!(open, [true; 101]);
    assert_eq!(completed.filter(|(_, outcome)| *outcome == Err(Failure::Cancelled)).count(), 101);
    assert!(gate.begun() <= 2, "those that ran");
    assert_eq!(pool.call(&SQUARE, &3), Ok(9));
    assert_eq!(pool.stats().cancelled, 101);
}

fn a_set_outlives_its_pool() {
    let (pool, gate) = (pool(1), Gate::new("set-outlives"));
    let (running, _) = gate.enter(&pool);
    let mut completed: Completed<u32> = [running].into_iter().collect();
    (0..10).for_each(|_| _ = completed.push(pool.submit(&PID, &())));
    drop(pool);
    assert_eq!(completed.filter(|(_, outcome)| *outcome == Err(Failure::Cancelled)).count(), 11);
}
