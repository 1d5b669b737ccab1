//! Threads that start together: without that, the first is often done before the last begins, and nothing can be lost.

use std::io;
use std::panic;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Barrier, OnceLock};
use std::thread;

use lab::{Error, Result, text};

/// Runs `body(0)` to `body(threads - 1)`, each in a thread of its own, and returns what they return, in that order.
pub fn together<T: Send>(threads: usize, body: impl Fn(usize) -> T + Sync) -> Result<Vec<T>> {
    let (all_here, start, awake) = (OnceLock::<bool>::new(), Barrier::new(threads), Meeting::of(threads));
    thread::scope(|scope| {
        let (all_here, start, awake, body) = (&all_here, &start, &awake, &body);
        let one = |i| {
            // Whoever stood at the barrier already would wait for ever for a thread that the system refused.
            let life = move || {
                all_here.wait().then(|| {
                    start.wait();
                    awake.wait(1); // a barrier wakes its threads one by one: the first must not run away
                    body(i)
                })
            };
            thread::Builder::new().spawn_scoped(scope, life)
        };
        let started: io::Result<Vec<_>> = (0..threads).map(one).collect();
        all_here.set(started.is_ok()).expect("set only here");
        let started = started.map_err(|e| refuse(threads, &e))?;
        Ok(started.into_iter().filter_map(|t| t.join().unwrap_or_else(|panic| panic::resume_unwind(panic))).collect())
    })
}

fn refuse(threads: usize, e: &io::Error) -> Error {
    Error::failed(text!("스레드 {threads}개를 시작할 수 없습니다: {e}", "cannot start {threads} threads: {e}"))
}

/// Where threads meet, again and again. They spin: waking a sleeper takes longer than an update, and nothing would collide.
pub struct Meeting {
    threads: u64,
    arrivals: AtomicU64,
}

impl Meeting {
    /// A meeting of so many threads.
    pub fn of(threads: usize) -> Meeting {
        Meeting { threads: threads as u64, arrivals: AtomicU64::new(0) }
    }

    /// Waits until all are at their `nth` meeting; the first is 1.
    pub fn wait(&self, nth: u64) {
        self.arrivals.fetch_add(1, Ordering::AcqRel);
        let mut looks = 0u32;
        while self.arrivals.load(Ordering::Acquire) < self.threads * nth {
            looks = looks.wrapping_add(1);
            // The one that is missing may be waiting for our core.
            if looks.is_multiple_of(256) {
                thread::yield_now();
            }
        }
    }
}
