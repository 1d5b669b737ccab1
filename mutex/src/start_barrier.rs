//! Threads that start at the same moment. Otherwise the first is often done before the last begins, and no update can be lost.

use std::io;
use std::panic;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Barrier, Mutex, OnceLock};
use std::thread;

use lab::lang::Text;
use lab::trace::{LaneRecorder, Recorder, Trace};
use lab::{Error, Result, text};

/// Runs `body(0)` to `body(threads - 1)`, each in a thread of its own, and returns what they return, in that order.
pub fn start_together<T: Send>(threads: usize, body: impl Fn(usize) -> T + Sync) -> Result<Vec<T>> {
    let (all_spawned, start, awake) = (OnceLock::<bool>::new(), Barrier::new(threads), SpinBarrier::new(threads));
    thread::scope(|scope| {
        let (all_spawned, start, awake, body) = (&all_spawned, &start, &awake, &body);
        let one = |i| {
            // If a later thread cannot be spawned, those that wait at the barrier would wait for ever.
            let run = move || {
                all_spawned.wait().then(|| {
                    start.wait();
                    awake.wait(1); // a barrier wakes its threads one by one: the first must not run ahead
                    body(i)
                })
            };
            thread::Builder::new().spawn_scoped(scope, run)
        };
        let started: io::Result<Vec<_>> = (0..threads).map(one).collect();
        all_spawned.set(started.is_ok()).expect("set only here");
        let started = started.map_err(|e| cannot_start(threads, &e))?;
        Ok(started.into_iter().filter_map(|t| t.join().unwrap_or_else(|panic| panic::resume_unwind(panic))).collect())
    })
}

/// The same with a lane for each thread: runs `body(0)`, `body(1)`, … in threads with these names. Returns the lanes, and what the
/// bodies return.
pub fn record_together<T: Send>(
    title: Text,
    names: Vec<Text>,
    body: impl Fn(usize, &mut LaneRecorder) -> T + Sync,
) -> Result<(Trace, Vec<T>)> {
    let recorder = Recorder::new();
    let lanes: Vec<_> = names.into_iter().map(|name| Mutex::new(Some(recorder.lane(name)))).collect();
    let returned = start_together(lanes.len(), |n| {
        let lane = lanes[n].lock().expect("no thread panics while it holds the lock").take();
        body(n, &mut lane.expect("each thread takes its own lane"))
    })?;
    Ok((recorder.finish(title), returned))
}

fn cannot_start(threads: usize, e: &io::Error) -> Error {
    Error::failed(text!("스레드 {threads}개를 시작할 수 없습니다: {e}", "cannot start {threads} threads: {e}"))
}

/// A reusable barrier that spins: waking a sleeping thread takes longer than an update, so updates would not collide.
pub struct SpinBarrier {
    threads: u64,
    arrivals: AtomicU64,
}

impl SpinBarrier {
    /// A barrier for this many threads.
    pub fn new(threads: usize) -> SpinBarrier {
        SpinBarrier { threads: threads as u64, arrivals: AtomicU64::new(0) }
    }

    /// Waits until all threads have called `wait` for the `nth` time; the first is 1.
    pub fn wait(&self, nth: u64) {
        self.arrivals.fetch_add(1, Ordering::AcqRel);
        let mut spins = 0u32;
        while self.arrivals.load(Ordering::Acquire) < self.threads * nth {
            spins = spins.wrapping_add(1);
            // The missing thread may need our core.
            if spins.is_multiple_of(256) {
                thread::yield_now();
            }
        }
    }
}
