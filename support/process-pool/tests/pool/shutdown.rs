//! Shutting a pool down: what ends, what is cancelled, and that nothing stays behind.

use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use process_pool::{Completed, Failure, Handle, Pool, Shutdown, Unfinished, WorkerLoss};

use crate::alone;
use crate::basics::pool;
use crate::common::{can_look, children, descriptors, lives, threads, until, zombies};
use crate::gate::Gate;
use crate::tasks::{GATE, SLEEP, SQUARE};

crate::tests![
    what_was_taken_is_finished,
    nothing_is_taken_afterwards,
    what_has_not_begun_is_cancelled,
    when_time_runs_out_the_rest_is_cancelled,
    a_map_is_finished_first,
    a_map_is_cut_short,
    a_map_behind_another_thread_is_cut_short,
    an_iterator_that_waits_does_not_keep_the_pool,
    submitting_beside_a_shutdown_ends_always,
    nothing_stays_behind,
];

fn what_was_taken_is_finished() {
    let pool = pool(2);
    let handles: Vec<_> = (0..50).map(|n| (n, pool.submit(&SLEEP, &(n % 5)))).collect();
    assert_eq!(pool.shutdown(Shutdown::Finish, None), Ok(()));
    assert!(handles.iter().all(|(_, handle)| handle.is_done()));
    handles.into_iter().for_each(|(n, handle)| assert_eq!(handle.wait(), Ok(n % 5)));
    // Once more, and in the other way.
    assert_eq!(pool.shutdown(Shutdown::Finish, Some(Duration::ZERO)), Ok(()));
    assert_eq!(pool.clone().shutdown(Shutdown::CancelQueued, None), Ok(()));
    assert_eq!(self::pool(1).shutdown(Shutdown::Finish, Some(Duration::ZERO)), Ok(()), "one that has done nothing");
}

fn nothing_is_taken_afterwards() {
    let pool = pool(2);
    let workers = pool.workers();
    let prepared = pool.prepare(&SQUARE);
    pool.shutdown(Shutdown::Finish, None).unwrap();
    let refused = || Err(Failure::NoWorker(WorkerLoss::ShutDown));
    assert_eq!(pool.call(&SQUARE, &1), refused());
    assert_eq!(prepared.call(&1), refused());
    assert_eq!(pool.submit(&SQUARE, &1).wait(), refused());
    assert_eq!(pool.map(&SQUARE, 0..2), [refused(), refused()]);
    assert!(pool.imap(&SQUARE, 0..2).eq([refused(), refused()]));
    assert_eq!(pool.imap_unordered(&SQUARE, 0..2).count(), 2);
    let (sender, receiver) = channel();
    pool.submit(&SQUARE, &1).then(move |outcome| sender.send(outcome).unwrap());
    assert_eq!(receiver.recv().unwrap(), refused());
    assert_eq!(smol::block_on(pool.submit(&SQUARE, &1)), refused());
    let completed: Completed<u64> = [pool.submit(&SQUARE, &1)].into_iter().collect();
    assert!(completed.eq([(0, refused())]));
    assert!(pool.workers().is_empty());
    let failure = pool.call(&SQUARE, &1).unwrap_err();
    assert_eq!(std::error::Error::source(&failure).unwrap().to_string(), "the pool was shut down");
    if can_look() {
        assert!(workers.into_iter().all(|worker| !lives(worker)));
    }
}

fn what_has_not_begun_is_cancelled() {
    let (pool, gate) = (pool(1), Gate::new("not-begun"));
    let (running, pid) = gate.enter(&pool);
    let queued: Vec<_> = (0..20).map(|_| pool.submit(&GATE, &gate.passes())).collect();
    thread::scope(|scope| {
        let shutdown = scope.spawn(|| pool.shutdown(Shutdown::CancelQueued, None));
        for handle in queued {
            assert_eq!(handle.wait(), Err(Failure::Cancelled), "at once");
        }
        assert!(!shutdown.is_finished() && !running.is_done());
        gate.open();
        assert_eq!(shutdown.join().unwrap(), Ok(()));
    });
    assert_eq!(running.wait(), Ok(pid));
    assert_eq!(gate.begun(), 1);
    assert_eq!(pool.stats().cancelled, 20);
}

fn when_time_runs_out_the_rest_is_cancelled() {
    for how in [Shutdown::Finish, Shutdown::CancelQueued] {
        let (pool, gate) = (pool(1), Gate::new("runs-out"));
        let (running, pid) = gate.enter(&pool);
        let queued: Vec<_> = (0..3).map(|_| pool.submit(&GATE, &gate.passes())).collect();
        let start = Instant::now();
        let left = pool.shutdown(how, Some(Duration::from_millis(50))).unwrap_err();
        assert!(start.elapsed() >= Duration::from_millis(50));
        // Those that it cancelled at once are told by their handles.
        assert_eq!(left, Unfinished { tasks: if how == Shutdown::Finish { 4 } else { 1 } });
        assert!(left.to_string().ends_with(&format!(": {}", left.tasks)));
        for handle in queued.into_iter().chain([running]) {
            assert_eq!(handle.wait(), Err(Failure::Cancelled));
        }
        assert_eq!((gate.begun(), pool.stats().cancelled), (1, 4));
        if can_look() {
            assert!(!lives(pid));
        }
    }
}

/// Shuts down while a map in another thread is at its first task; returns the outcomes, and what `shutdown` said.
fn beside_a_map(pool: &Pool, gate: &Gate, how: Shutdown, rest: usize) -> Vec<Result<u32, Failure>> {
    let arguments: Vec<_> = [gate.waits()].into_iter().chain((0..rest).map(|_| gate.passes())).collect();
    thread::scope(|scope| {
        let map = scope.spawn(|| pool.map(&GATE, arguments));
        until("it runs", || (gate.begun() == 1).then_some(()));
        let shutdown = scope.spawn(move || pool.shutdown(how, None));
        let is_refused = |mut handle: Handle<u64>| {
            handle.is_done() && handle.try_wait() == Some(Err(Failure::NoWorker(WorkerLoss::ShutDown)))
        };
        until("it has begun", || is_refused(pool.submit(&SQUARE, &1)).then_some(()));
        assert!(!map.is_finished() && !shutdown.is_finished());
        gate.open();
        assert_eq!(shutdown.join().unwrap(), Ok(()));
        map.join().unwrap()
    })
}

fn a_map_is_finished_first() {
    let (pool, gate) = (pool(1), Gate::new("map-finished"));
    let outcomes = beside_a_map(&pool, &gate, Shutdown::Finish, 3000);
    assert_eq!((outcomes.len(), outcomes.iter().filter(|outcome| outcome.is_ok()).count()), (3001, 3001));
    assert_eq!(gate.begun(), 3001);
}

/// Also tasks that it had not even encoded.
fn a_map_is_cut_short() {
    let (pool, gate) = (pool(1), Gate::new("map-cut"));
    let outcomes = beside_a_map(&pool, &gate, Shutdown::CancelQueued, 3000);
    assert!(outcomes[0].is_ok(), "it ran");
    assert_eq!(outcomes[1..], vec![Err(Failure::Cancelled); 3000]);
    assert_eq!(gate.begun(), 1);
}

/// The thread that receives results waits for its own task, which does not end.
fn a_map_behind_another_thread_is_cut_short() {
    let (pool, gate) = (pool(1), Gate::new("behind"));
    thread::scope(|scope| {
        let long = scope.spawn(|| pool.call(&GATE, &gate.waits()));
        until("it runs", || (gate.begun() == 1).then_some(()));
        let map = scope.spawn(|| pool.map(&SQUARE, 0..100_000));
        until("it waits", || (pool.stats().queued > 0).then_some(()));
        let shutdown = scope.spawn(|| pool.shutdown(Shutdown::CancelQueued, None));
        // The long task still runs.
        assert_eq!(map.join().unwrap(), vec![Err(Failure::Cancelled); 100_000]);
        assert!(!long.is_finished() && !shutdown.is_finished());
        gate.open();
        assert!(long.join().unwrap().is_ok());
        assert_eq!(shutdown.join().unwrap(), Ok(()));
    });
}

fn an_iterator_that_waits_does_not_keep_the_pool() {
    let pool = pool(1);
    let (arguments, source) = channel();
    let mut results = pool.imap(&SQUARE, source);
    arguments.send(3).unwrap();
    assert_eq!(results.next(), Some(Ok(9)));
    assert_eq!(pool.shutdown(Shutdown::Finish, None), Ok(()));
    thread::scope(|scope| {
        let next = scope.spawn(|| (results.next(), results.next()));
        thread::sleep(Duration::from_millis(20));
        arguments.send(4).unwrap();
        drop(arguments);
        assert_eq!(next.join().unwrap(), (Some(Err(Failure::Cancelled)), None));
    });
}

/// A task that comes in the moment of the shutdown is run, refused or cancelled, and whoever awaits it is told.
fn submitting_beside_a_shutdown_ends_always() {
    for round in 0..30u64 {
        let pool = pool(1);
        thread::scope(|scope| {
            let awaits = scope.spawn(|| {
                let handles = (0..).map(|n| (n, pool.submit(&SQUARE, &n))).take_while(|(_, handle)| {
                    // The first that was refused is the last.
                    !handle.is_done() || !pool.workers().is_empty()
                });
                handles.take(100_000).map(|(n, handle)| (n, smol::block_on(handle))).collect::<Vec<_>>()
            });
            thread::sleep(Duration::from_millis(round % 5));
            pool.shutdown(Shutdown::Finish, None).unwrap();
            for (n, outcome) in awaits.join().unwrap() {
                let refused = [Err(Failure::NoWorker(WorkerLoss::ShutDown)), Err(Failure::Cancelled)];
                assert!(outcome == Ok(n * n) || refused.contains(&outcome), "{outcome:?}");
            }
        });
    }
}

fn nothing_stays_behind() {
    if can_look() {
        alone("shut-down");
    }
}

/// In a process of its own, as other tests have threads and children.
pub fn shut_down() {
    let before = (threads(), descriptors());
    for way in ["finish", "cancel", "time-out", "drop", "none"] {
        let (pool, gate) = (pool(2), Gate::new("behind"));
        let (running, _) = gate.enter(&pool);
        pool.submit(&SQUARE, &3).then(|_| ());
        assert_eq!(pool.map(&SQUARE, (0..100).inspect(|_| ())).len(), 100);
        let (arguments, source) = channel::<u64>();
        let results = pool.imap(&SQUARE, source);
        assert!(threads() > before.0 && !children(std::process::id()).is_empty());
        drop((arguments, results));
        match way {
            "finish" | "cancel" => {
                gate.open();
                let how = if way == "finish" { Shutdown::Finish } else { Shutdown::CancelQueued };
                assert_eq!(pool.shutdown(how, None), Ok(()));
            }
            "time-out" => assert!(pool.shutdown(Shutdown::Finish, Some(Duration::ZERO)).is_err()),
            "none" => drop(running.kill()),
            _ => {}
        }
        if ["finish", "cancel", "time-out"].contains(&way) {
            // The pool itself is still there.
            assert!(children(std::process::id()).is_empty() && zombies(std::process::id()) == 0, "{way}");
            until("its threads have ended", || (threads() == before.0).then_some(()));
        }
        drop(pool);
        until("all is gone", || {
            let alive = children(std::process::id()).len() + zombies(std::process::id());
            (alive == 0 && threads() == before.0).then_some(())
        });
        drop(running);
        until("descriptors are closed", || (descriptors() <= before.1).then_some(()));
    }
}
