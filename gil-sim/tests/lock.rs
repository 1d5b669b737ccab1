//! The lock with real threads, at whatever speed this machine has today.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use gil_sim::{Gil, ThreadId, loops};
use lab::lang::Text;
use lab::record::Recorder;
use lab::trace::{State, Trace};

/// Adds one in two steps, which loses updates unless nobody comes between.
fn add_in_two_steps(counter: &AtomicU64) {
    let seen = counter.load(Relaxed);
    thread::yield_now();
    counter.store(seen + 1, Relaxed);
}

#[test]
fn eight_threads_lose_nothing() {
    let (gil, counter) = (Gil::new(Duration::from_micros(50)), AtomicU64::new(0));
    thread::scope(|scope| {
        for me in 1..=8 {
            let (gil, counter) = (&gil, &counter);
            scope.spawn(move || {
                let mut held = gil.acquire(ThreadId(me));
                for _ in 0..500 {
                    add_in_two_steps(counter);
                    held.check();
                }
            });
        }
    });
    assert_eq!(counter.load(Relaxed), 8 * 500);
}

fn two_threads(turns: u64, gil: Option<&Gil>) -> Trace {
    let recorder = Recorder::new();
    thread::scope(|scope| {
        for me in 1..=2 {
            let mut lane = recorder.lane(Text::same(me.to_string()));
            scope.spawn(move || match gil {
                Some(gil) => loops::under(gil, ThreadId(me), &mut lane, turns),
                None => loops::free(&mut lane, turns),
            });
        }
    });
    recorder.finish(Text::default())
}

/// Until both threads have lived at the same time, however long that takes: a first thread may be done before the second starts.
fn overlapping_lives(gil: Option<&Gil>) -> Trace {
    let mut turns = 1_000_000;
    loop {
        let trace = two_threads(turns, gil);
        if trace.peak_in_flight(&State::ALL) == 2 {
            return trace;
        }
        turns *= 2;
    }
}

#[test]
fn under_the_lock_the_loops_are_serial() {
    let gil = Gil::new(Duration::from_micros(200));
    assert!(overlapping_lives(Some(&gil)).is_serial(State::Running));
}

/// The wrong twin of the test above: without the lock the same question is answered otherwise.
#[test]
fn without_it_they_are_not() {
    assert!(!overlapping_lives(None).is_serial(State::Running));
}

#[test]
fn a_busy_thread_gives_way_after_a_request() {
    let gil = Gil::new(Duration::from_millis(1));
    let done = AtomicU64::new(0);
    thread::scope(|scope| {
        let mut held = gil.acquire(ThreadId(1));
        scope.spawn(|| {
            let _held = gil.acquire(ThreadId(2));
            done.store(1, Relaxed);
        });
        // Ends only when the other thread was let in: a lock without requests hangs here.
        while done.load(Relaxed) == 0 {
            held.check();
        }
    });
    assert_eq!(gil.switches(), 3, "to the first thread, to the second, and back");
}

#[test]
fn a_blocking_call_lets_others_in() {
    let gil = Gil::new(Duration::from_secs(3600)); // nobody will ask
    let mut held = gil.acquire(ThreadId(1));
    held.allow_threads(|| {
        thread::scope(|scope| scope.spawn(|| drop(gil.acquire(ThreadId(2)))).join().unwrap());
    });
    drop(held);
    assert_eq!(gil.switches(), 3);
}

#[test]
fn a_panic_does_not_take_the_lock_along() {
    let gil = Gil::new(Duration::from_millis(1));
    for in_native_code in [false, true] {
        let died = panic::catch_unwind(AssertUnwindSafe(|| {
            let mut held = gil.acquire(ThreadId(1));
            if in_native_code {
                held.allow_threads(|| panic::panic_any("on purpose"));
            }
            panic::panic_any("on purpose");
        }));
        assert!(died.is_err());
        drop(gil.acquire(ThreadId(2))); // hangs if the lock is still held
    }
}
