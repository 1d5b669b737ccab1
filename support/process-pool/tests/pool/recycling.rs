//! Workers that are replaced after their share; what observers are told, and what is counted.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use process_pool::{Bytes, End, Event, Failure};

use crate::basics::{builder, pool};
use crate::common::{can_look, kill, lives, until};
use crate::gate::Gate;
use crate::retries::note;
use crate::tasks::{ABORT, ECHO, GATE, LEAK, ONCE, PANIC, PID, SQUARE};

crate::tests![
    a_worker_has_so_many_tasks_and_no_more,
    a_worker_with_a_share_loses_no_task,
    a_share_holds_for_handles_and_cancelled_tasks,
    results_outlive_a_replaced_worker,
    a_worker_that_leaks_is_replaced,
    an_observer_is_told_of_workers,
    the_numbers_add_up,
    bytes_are_counted,
];

fn a_worker_has_so_many_tasks_and_no_more() {
    let pool = builder().workers(1).max_tasks_per_worker(7).build().unwrap();
    let pids: Vec<u32> = (0..30).map(|_| pool.call(&PID, &()).unwrap()).collect();
    let runs: Vec<usize> = pids.chunk_by(|one, other| one == other).map(<[u32]>::len).collect();
    assert_eq!(runs, [7, 7, 7, 7, 2]);
    let stats = pool.stats();
    assert_eq!((stats.recycled, stats.deaths, stats.started, stats.done), (4, 0, 5, 30));
    if can_look() {
        assert!(pids[..28].iter().all(|pid| !lives(*pid)));
    }
    let pool = builder().workers(1).max_tasks_per_worker(1).build().unwrap();
    let pids: BTreeSet<u32> = (0..5).map(|_| pool.call(&PID, &()).unwrap()).collect();
    assert_eq!(pids.len(), 5);
}

/// Quick ones, which travel in batches: as long as may be, and no longer.
fn a_worker_with_a_share_loses_no_task() {
    let pool = builder().workers(2).max_tasks_per_worker(500).build().unwrap();
    let count = 20_000;
    assert!(pool.map(&SQUARE, 0..count).into_iter().eq((0..count).map(|n| Ok(n * n))));
    let pids: Vec<u32> = pool.map(&PID, vec![(); 5000]).into_iter().map(Result::unwrap).collect();
    let of = |pid: &u32| pids.iter().filter(|other| *other == pid).count();
    assert!(pids.iter().collect::<BTreeSet<_>>().into_iter().all(|pid| of(pid) <= 500));
    let stats = pool.stats();
    assert_eq!((stats.done, stats.retried, stats.deaths), (count + 5000, 0, 0));
    assert!(stats.recycled >= 25_000 / 500 - 2, "{stats:?}");
}

/// A task that was taken back did not run.
fn a_share_holds_for_handles_and_cancelled_tasks() {
    let (pool, gate) = (builder().workers(1).max_tasks_per_worker(4).build().unwrap(), Gate::new("share"));
    let mut pids = Vec::new();
    for _ in 0..5 {
        let (running, pid) = gate.enter(&pool);
        pids.push(pid);
        let queued: Vec<_> = (0..3).map(|_| pool.submit(&GATE, &gate.passes())).collect();
        assert!(queued[1].cancel());
        gate.open();
        assert_eq!(running.wait(), Ok(pid));
        let outcomes: Vec<_> = queued.into_iter().map(|handle| handle.wait()).collect();
        assert_eq!(outcomes[1], Err(Failure::Cancelled));
        pids.extend([outcomes[0].clone().unwrap(), outcomes[2].clone().unwrap()]);
        gate.close();
    }
    let runs: Vec<usize> = pids.chunk_by(|one, other| one == other).map(<[u32]>::len).collect();
    assert_eq!(runs, [4, 4, 4, 3]);
}

/// They lie in the memory of the worker.
fn results_outlive_a_replaced_worker() {
    let pool = builder().workers(1).max_tasks_per_worker(1).build().unwrap();
    let echo = |n: u8| pool.call(&ECHO, &Bytes::from(vec![n; 1 << 20])).unwrap();
    let reversed = |n: u8| pool.call(&crate::tasks::REVERSE, &Bytes::from(vec![n; 1 << 20])).unwrap();
    let results: Vec<(Bytes, Bytes)> = (0..4).map(|n| (echo(n), reversed(n))).collect();
    for (n, (one, other)) in (0..).zip(&results) {
        assert!(one.iter().chain(other.iter()).all(|byte| *byte == n));
    }
    assert!(pool.stats().recycled >= 7);
}

/// One call after the other, as in a loop: nobody waits in between.
fn a_worker_that_leaks_is_replaced() {
    if !can_look() {
        return;
    }
    let pool = builder().workers(1).recycle_above(100 << 20).build().unwrap();
    let first = pool.call(&LEAK, &1).unwrap();
    until("it is replaced", || (pool.call(&LEAK, &4).unwrap() != first).then_some(()));
    assert!(!lives(first));
    // Tasks that are queued meanwhile go to the next.
    let started = pool.stats().started;
    until("they are replaced", || {
        let handles: Vec<_> = (0..20).map(|_| pool.submit(&LEAK, &4)).collect();
        assert!(handles.into_iter().all(|handle| handle.wait().is_ok()));
        (pool.stats().started > started + 1).then_some(())
    });
    let stats = pool.stats();
    assert_eq!((stats.deaths, stats.failed, stats.retried), (0, 0, 0));
    // One that needs less is left alone.
    let pid = pool.call(&PID, &()).unwrap();
    (0..300).for_each(|_| assert_eq!(pool.call(&PID, &()), Ok(pid)));
}

fn an_observer_is_told_of_workers() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&told);
    let observer = move |event: &Event| to.lock().unwrap().push(event.clone());
    let take = || std::mem::take(&mut *told.lock().unwrap());
    let pool = builder().workers(2).max_tasks_per_worker(3).observer(observer).build().unwrap();
    let workers = pool.workers();
    let started = |pid: &u32| Event::WorkerStarted { pid: *pid };
    assert_eq!(take(), workers.iter().map(started).collect::<Vec<_>>());

    // One is killed from outside, both have work afterwards.
    assert!(kill(workers[0]));
    until("it was noticed", || {
        pool.map(&SQUARE, 0..2);
        told.lock().unwrap().contains(&Event::WorkerDied { pid: workers[0], how: End::Signal(9) }).then_some(())
    });
    take();
    let pids: Vec<u32> = (0..6).map(|_| pool.call(&PID, &()).unwrap()).collect();
    assert!(pool.call(&ABORT, &1).is_err());
    let (all, stats) = (take(), pool.stats());
    let died = all.iter().filter(|event| matches!(event, Event::WorkerDied { how: End::Signal(6), .. })).count();
    assert_eq!(died, 3, "{all:?}");
    let recycled = |event: &&Event| matches!(event, Event::WorkerRecycled { pid } if pids.contains(pid));
    assert!(all.iter().filter(recycled).count() >= 1, "{all:?}");
    assert_eq!(stats.started, stats.workers as u64 + stats.deaths + stats.recycled);
}

fn the_numbers_add_up() {
    let (pool, gate, once) = (pool(1), Gate::new("numbers"), note("numbers-once"));
    let (running, _) = gate.enter(&pool);
    let handles: Vec<_> = (0..10).map(|n| pool.submit(&SQUARE, &n)).collect();
    let stats = pool.stats();
    assert_eq!((stats.queued + stats.running, stats.workers, stats.started, stats.done), (11, 1, 1, 0));
    assert!(handles[3].cancel() && handles[4].cancel());
    gate.open();
    assert!(running.wait().is_ok());
    assert_eq!(handles.into_iter().map(|handle| handle.wait()).filter(Result::is_ok).count(), 8);
    assert_eq!(pool.map(&PANIC, 0..3).len(), 3);
    assert_eq!(pool.call(&ONCE, &once.to_str().unwrap().to_owned()), Ok(true));
    assert!(pool.prepare(&ABORT).retries(0).call(&1).is_err());
    gate.close();
    let (killed, _) = gate.enter(&pool);
    assert!(killed.kill());
    assert_eq!(killed.wait(), Err(Failure::Cancelled));
    let mut dropped = pool.imap_unordered(&GATE, [gate.passes(), gate.waits()]);
    assert!(dropped.next().is_some());
    drop(dropped);
    assert_eq!(pool.call(&SQUARE, &1), Ok(1));

    let stats = pool.stats();
    assert_eq!((stats.queued, stats.running), (0, 0), "{stats:?}");
    assert_eq!(stats.done, 1 + 8 + 1 + 1 + 1, "{stats:?}");
    assert_eq!((stats.failed, stats.retried), (3 + 1, 1), "{stats:?}");
    assert!([3, 4].contains(&stats.cancelled), "the last had begun, or not: {stats:?}");
    assert_eq!(stats.started, stats.workers as u64 + stats.deaths + stats.recycled, "{stats:?}");
    assert!([3, 4].contains(&stats.deaths), "{stats:?}");
    std::fs::remove_file(once).unwrap();
}

fn bytes_are_counted() {
    let pool = pool(1);
    let cost = |work: &dyn Fn()| {
        let before = pool.stats();
        work();
        let after = pool.stats();
        (after.sent_bytes - before.sent_bytes, after.received_bytes - before.received_bytes)
    };
    let one = cost(&|| assert_eq!(pool.call(&SQUARE, &3), Ok(9)));
    assert!(one.0 > 0 && one.1 > 0);
    let hundred = cost(&|| (0..100).for_each(|_| assert_eq!(pool.call(&SQUARE, &3), Ok(9))));
    assert_eq!(hundred, (100 * one.0, 100 * one.1));
    // Through the pipes, with all its bytes; through shared memory, by its place.
    let small = cost(&|| assert_eq!(pool.call(&ECHO, &Bytes::from(vec![1; 10_000])).unwrap().len(), 10_000));
    assert!(small.0 >= 10_000 && small.1 >= 10_000, "{small:?}");
    let large = cost(&|| assert_eq!(pool.call(&ECHO, &Bytes::from(vec![1; 1 << 20])).unwrap().len(), 1 << 20));
    assert!(large.0 < 1000 && large.1 < 1000, "{large:?}");
}
