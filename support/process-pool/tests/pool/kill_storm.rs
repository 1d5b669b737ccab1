//! Workers that are killed from outside, idle or at work: no result is lost.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use process_pool::{Bytes, Pool};

use crate::basics::{START, builder, pool};
use crate::common::{all_right, kill, lives, signal};
use crate::tasks::{REVERSE, SLEEP, SPIN, SQUARE};

crate::tests![
    killed_while_idle,
    all_killed_while_idle,
    killed_while_computing,
    killed_while_sending_and_receiving,
    a_kill_storm_loses_nothing,
];

fn killed_while_idle() {
    for _ in 0..20 {
        let pool = pool(2);
        all_right(pool.map(&SQUARE, 0..10));
        signal("KILL", pool.workers()[0]);
        all_right(pool.map(&SQUARE, 0..20));
        assert_eq!(pool.call(&SQUARE, &3), Ok(9));
    }
}

fn all_killed_while_idle() {
    let pool = pool(3);
    for _ in 0..5 {
        pool.workers().into_iter().for_each(|worker| signal("KILL", worker));
        all_right(pool.map(&SQUARE, 0..100));
    }
}

/// Kills workers of this pool in turn, one per `pause`, until `stop` is set or `most` are killed; returns how many.
fn killer(workers: impl Fn() -> Vec<u32> + Send, pause: Duration, most: usize, stop: &AtomicBool) -> usize {
    let mut killed = 0;
    while killed < most && !stop.load(Ordering::Relaxed) {
        thread::sleep(pause);
        let workers = workers();
        if let Some(worker) = workers.get(killed % workers.len().max(1))
            && kill(*worker)
        {
            killed += 1;
        }
    }
    killed
}

/// Sets `stop` also when an assertion fails: joining the killer would hang otherwise.
struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The workers of a pool that is in use: children by the name of this test, whose group they lead, and no others'.
fn workers_of(marker: &'static AtomicUsize) -> impl Fn() -> Vec<u32> + Send {
    move || {
        // The pids of this pool are published by the thread that uses it.
        let packed = marker.load(Ordering::Relaxed);
        let (a, b) = ((packed >> 32) as u32, packed as u32);
        [a, b].into_iter().filter(|pid| *pid > 0 && lives(*pid)).collect()
    }
}

fn publish(marker: &AtomicUsize, pids: &[u32]) {
    let pid = |n: usize| pids.get(n).map_or(0, |pid| *pid as usize);
    marker.store(pid(0) << 32 | pid(1), Ordering::Relaxed);
}

fn killed_while_computing() {
    static WORKERS: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];
    let marker = &WORKERS[START.get() as usize]; // the same test runs beside this one, in the other way
    let pool = builder().workers(2).retries(9).build().unwrap();
    publish(marker, &pool.workers());
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let killed = scope.spawn(|| killer(workers_of(marker), Duration::from_millis(30), 2, &stop));
        let results = {
            let _stop = StopOnDrop(&stop);
            pool.map(&SLEEP, [100; 8])
        };
        assert_eq!(results, vec![Ok(100); 8]);
        assert_eq!(killed.join().unwrap(), 2);
    });
}

/// Runs `work` while a worker is killed every few ms. Returns how many were killed.
fn run_with_kills<R>(
    pool: &Pool,
    marker: &'static AtomicUsize,
    pause: Duration,
    kills: usize,
    mut work: impl FnMut(&Pool, &mut dyn FnMut(&Pool)) -> R,
) -> (R, usize) {
    let stop = AtomicBool::new(false);
    publish(marker, &pool.workers());
    thread::scope(|scope| {
        let killed = scope.spawn(|| killer(workers_of(marker), pause, kills, &stop));
        let done = {
            let _stop = StopOnDrop(&stop);
            work(pool, &mut |pool| publish(marker, &pool.workers()))
        };
        (done, killed.join().unwrap())
    })
}

fn killed_while_sending_and_receiving() {
    static WORKERS: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];
    let marker = &WORKERS[START.get() as usize]; // the same test runs beside this one, in the other way
    let pool = builder().workers(2).retries(50).build().unwrap();
    let (done, killed) = run_with_kills(&pool, marker, Duration::from_millis(5), 60, |pool, publish| {
        let mut done = 0;
        // Bytes by shared memory, 1 MiB each way, and 60 KiB each way through the pipes in pieces.
        while done < 400 {
            for len in [1 << 20, 60_000] {
                let sent: Vec<Bytes> = (0..8u8).map(|n| Bytes::from([vec![n; len - 1], vec![99]].concat())).collect();
                for (n, answer) in (0..).zip(pool.map(&REVERSE, &sent)) {
                    assert_eq!(*answer.unwrap(), *[vec![99], vec![n; len - 1]].concat());
                }
                done += 8;
                publish(pool);
            }
        }
        done
    });
    assert!(done >= 400 && killed > 0, "{killed} killed");
}

/// 200 kills over 20,000 tasks: every result is right and there once.
fn a_kill_storm_loses_nothing() {
    static WORKERS: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];
    let marker = &WORKERS[START.get() as usize]; // the same test runs beside this one, in the other way
    let pool = builder().workers(2).retries(20).build().unwrap();
    let mut rounds = 0;
    let (seen, killed) = run_with_kills(&pool, marker, Duration::from_millis(3), 200, |pool, publish| {
        // As many rounds of 20,000 as the 200 kills take.
        loop {
            rounds += 1;
            let mut seen = vec![0; 20_000];
            let mut results = pool.imap_unordered(&SPIN, (0..20_000).map(|n| (n, 20)));
            for (place, result) in results.by_ref() {
                assert_eq!(result, Ok(place as u64));
                seen[place] += 1;
                if place % 16 == 0 {
                    publish(pool);
                }
            }
            drop(results);
            assert!(seen.iter().all(|times| *times == 1), "each is delivered once");
            if rounds == 20 || marker.load(Ordering::Relaxed) == 0 {
                return seen.len();
            }
            publish(pool);
        }
    });
    assert_eq!((seen, killed), (20_000, 200));
}
