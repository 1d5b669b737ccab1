//! Workers that are killed from outside, idle or at work: no result is lost.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use process_pool::{Bytes, Pool};

use crate::basics::{builder, pool};
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

/// Kills workers of this pool in turn, one per `pause`, until `stop` is set or `most` are killed; returns how many. Between two
/// kills a task ends, or the pool would be right to give up.
pub fn killer(pool: &Pool, pause: Duration, most: usize, stop: &AtomicBool) -> usize {
    let (mut killed, mut done) = (0, None);
    while killed < most && !stop.load(Ordering::SeqCst) {
        thread::sleep(pause);
        let now = Some(pool.stats().done);
        if now == done {
            continue;
        }
        let workers: Vec<u32> = pool.workers().into_iter().filter(|pid| lives(*pid)).collect();
        if let Some(worker) = workers.get(killed % workers.len().max(1))
            && kill(*worker)
        {
            (killed, done) = (killed + 1, now);
        }
    }
    killed
}

/// Sets `stop` also when an assertion fails: joining the killer would hang otherwise.
pub struct StopOnDrop<'a>(pub &'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Does the work again and again until so many workers were killed.
fn repeat_with_kills(pool: &Pool, pause: Duration, kills: usize, mut work: impl FnMut()) {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let killer = scope.spawn(|| killer(pool, pause, kills, &stop));
        let _on_end = StopOnDrop(&stop);
        loop {
            work();
            if killer.is_finished() {
                break;
            }
        }
        assert_eq!(killer.join().unwrap(), kills);
    });
    assert!(pool.stats().deaths > 0);
}

fn killed_while_computing() {
    let pool = builder().workers(2).retries(9).build().unwrap();
    repeat_with_kills(&pool, Duration::from_millis(30), 2, || {
        assert_eq!(pool.map(&SLEEP, [100; 8]), vec![Ok(100); 8]);
    });
}

fn killed_while_sending_and_receiving() {
    let pool = builder().workers(2).retries(50).build().unwrap();
    repeat_with_kills(&pool, Duration::from_millis(5), 60, || {
        // Bytes by shared memory, 1 MiB each way, and 60 KiB each way through the pipes in pieces.
        for len in [1 << 20, 60_000].repeat(25) {
            let sent: Vec<Bytes> = (0..8u8).map(|n| Bytes::from([vec![n; len - 1], vec![99]].concat())).collect();
            for (n, answer) in (0..).zip(pool.map(&REVERSE, &sent)) {
                assert_eq!(*answer.unwrap(), *[vec![99], vec![n; len - 1]].concat());
            }
        }
    });
}

/// 200 kills: of 20,000 tasks, in as many rounds as that takes, every result is right and there once.
fn a_kill_storm_loses_nothing() {
    let pool = builder().workers(2).retries(20).build().unwrap();
    repeat_with_kills(&pool, Duration::from_millis(3), 200, || {
        let mut seen = vec![0; 20_000];
        for (place, result) in pool.imap_unordered(&SPIN, (0..20_000).map(|n| (n, 20))) {
            assert_eq!(result, Ok(place as u64));
            seen[place] += 1;
        }
        assert!(seen.iter().all(|times| *times == 1), "each is delivered once");
    });
}
