//! The locks with real threads, at whatever speed this machine has today.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Barrier, mpsc};
use std::thread;
use std::time::Duration;

use gil_sim::lock::{AddressedGil, CHECK_INTERVAL, Finalizing, Free, MutexAndCondvar, SemaphoreLock, Ticks};
use gil_sim::{Gil, Held, Lock, ThreadId, loops};
use lab::lang::Text;
use lab::trace::Recorder;
use lab::trace::{State, Trace};

/// Nobody will ask for as long as this test runs.
const NEVER: Duration = Duration::from_secs(3600);

/// Every lock, by name. Those with requests have this switch interval.
fn locks(interval: Duration) -> [(&'static str, Box<dyn Lock>); 4] {
    [
        ("3.2", Box::new(Gil::new(interval))),
        ("3.13", Box::new(AddressedGil::new(interval))),
        ("2.7 semaphore", Box::new(Ticks::<SemaphoreLock>::new(CHECK_INTERVAL))),
        ("2.7 condvar", Box::new(Ticks::<MutexAndCondvar>::new(CHECK_INTERVAL))),
    ]
}

/// Eight threads add in two steps, which loses updates if anybody comes between. What is in the end.
fn add_in_two_steps(lock: &dyn Lock, turns: u64) -> u64 {
    let counter = AtomicU64::new(0);
    thread::scope(|scope| {
        for me in 1..=8 {
            let counter = &counter;
            scope.spawn(move || {
                let mut held = Held::take(lock, ThreadId(me));
                for _ in 0..turns {
                    let seen = counter.load(Relaxed);
                    thread::yield_now();
                    counter.store(seen + 1, Relaxed);
                    held.check();
                }
            });
        }
    });
    counter.into_inner()
}

#[test]
fn eight_threads_lose_nothing() {
    for (name, lock) in locks(Duration::from_micros(50)) {
        assert_eq!(add_in_two_steps(&*lock, 500), 8 * 500, "{name}");
    }
}

/// The wrong twin of the test above, and the promise of PEP 703: two threads are inside at once. That it loses updates depends on
/// luck; that nobody is kept out does not: each waits inside for the other.
#[test]
fn without_a_lock_two_are_inside_at_once() {
    let both_inside = Barrier::new(2);
    thread::scope(|scope| {
        for me in 1..=2 {
            let both_inside = &both_inside;
            scope.spawn(move || {
                let mut held = Held::take(&Free, ThreadId(me));
                both_inside.wait(); // hangs if one keeps the other out
                held.check();
            });
        }
    });
    assert_eq!(Free.switches(), 0);
    assert!(add_in_two_steps(&Free, 500) <= 8 * 500, "updates may be lost, and never made up");
}

/// PEP 684: a lock for each interpreter. Two interpreters have a thread inside at the same time, and neither lets a second one in.
#[test]
fn interpreters_with_their_own_locks_run_at_once() {
    let interpreters = [Gil::new(Duration::from_micros(100)), Gil::new(Duration::from_micros(100))];
    let both_inside = Barrier::new(2);
    thread::scope(|scope| {
        for gil in &interpreters {
            let both_inside = &both_inside;
            scope.spawn(move || {
                let held = gil.acquire(ThreadId(1));
                both_inside.wait(); // hangs if the interpreters keep each other out
                let inside = AtomicBool::new(true);
                thread::scope(|scope| {
                    scope.spawn(|| {
                        let _held = gil.acquire(ThreadId(2));
                        assert!(!inside.load(Relaxed), "two threads inside one interpreter");
                    });
                    thread::sleep(Duration::from_millis(20)); // time enough to ask many times
                    inside.store(false, Relaxed);
                    drop(held);
                });
            });
        }
    });
    assert_eq!(interpreters.map(|gil| gil.switches()), [2, 2]);
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
fn a_busy_thread_gives_way() {
    for (name, lock) in locks(Duration::from_millis(1)) {
        let lock = &*lock;
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let mut held = Held::take(lock, ThreadId(1));
            scope.spawn(|| {
                let _held = Held::take(lock, ThreadId(2));
                done.store(true, Relaxed);
            });
            // Ends only when the other thread was let in: a lock that nothing makes the holder let go of hangs here.
            while !done.load(Relaxed) {
                held.check();
            }
        });
        assert_eq!(lock.switches(), 3, "{name}: to the first thread, to the second, and back");
    }
}

/// A request is not made while nobody waits, however long the holder works; Python 2 lets go every 101st tick without one.
#[test]
fn only_python_2_lets_go_unasked() {
    for (name, lock) in locks(Duration::from_micros(1)) {
        let held = Held::take(&*lock, ThreadId(1));
        let given: Vec<u64> = (0..1_000).filter(|_| held.wanted()).collect();
        let expected: Vec<u64> = if name.starts_with('2') { (0..1_000).step_by(101).collect() } else { Vec::new() };
        assert_eq!(given, expected, "{name}");
    }
}

#[test]
fn a_blocking_call_lets_others_in() {
    for (name, lock) in locks(NEVER) {
        let lock = &*lock;
        let mut held = Held::take(lock, ThreadId(1));
        held.allow_threads(|| {
            thread::scope(|scope| scope.spawn(|| drop(Held::take(lock, ThreadId(2)))).join().unwrap());
        });
        drop(held);
        assert_eq!(lock.switches(), 3, "{name}");
    }
}

/// Native code that keeps the lock (sha256 of an old build): who asks meanwhile gets in only after it.
#[test]
fn native_code_that_keeps_the_lock_keeps_others_out() {
    for (name, lock) in locks(Duration::from_micros(100)) {
        let lock = &*lock;
        let native = AtomicBool::new(false);
        let (waiting, is_waiting) = mpsc::channel();
        thread::scope(|scope| {
            let mut held = Held::take(lock, ThreadId(1));
            native.store(true, Relaxed);
            scope.spawn(|| {
                waiting.send(()).unwrap();
                let _held = Held::take(lock, ThreadId(2));
                assert!(!native.load(Relaxed), "{name}: let in while native code kept the lock");
            });
            is_waiting.recv().unwrap();
            thread::sleep(Duration::from_millis(20)); // long enough for many requests
            native.store(false, Relaxed);
            held.check();
        });
    }
}

#[test]
fn a_panic_does_not_take_the_lock_along() {
    for (_, lock) in locks(Duration::from_millis(1)) {
        for in_native_code in [false, true] {
            let died = panic::catch_unwind(AssertUnwindSafe(|| {
                let mut held = Held::take(&*lock, ThreadId(1));
                if in_native_code {
                    held.allow_threads(|| panic::panic_any("on purpose"));
                }
                panic::panic_any("on purpose");
            }));
            assert!(died.is_err());
            drop(Held::take(&*lock, ThreadId(2))); // hangs if the lock is still held
        }
    }
}

/// A daemon thread that waits when the interpreter ends does not get in, and does not stop others from getting in.
#[test]
fn a_daemon_gives_up_when_the_interpreter_ends() {
    type TakeUnless<L> = fn(&L, ThreadId, &AtomicBool) -> Result<(), Finalizing>;

    fn gives_up<L: Lock>(lock: &L, take_unless: TakeUnless<L>) {
        let ending = AtomicBool::new(false);
        thread::scope(|scope| {
            let held = Held::take(lock, ThreadId(1));
            let daemon = scope.spawn(|| take_unless(lock, ThreadId(2), &ending));
            while !held.wanted() {
                thread::yield_now();
            }
            ending.store(true, Relaxed);
            assert_eq!(daemon.join().unwrap(), Err(Finalizing));
            assert!(!held.wanted(), "its request has outlived it");
        });
        assert_eq!(take_unless(lock, ThreadId(3), &ending), Err(Finalizing), "free, but not for a daemon");
        ending.store(false, Relaxed);
        assert_eq!(take_unless(lock, ThreadId(4), &ending), Ok(()));
        lock.leave(ThreadId(4));
    }

    gives_up(&Gil::new(Duration::from_micros(100)), Gil::take_unless);
    gives_up(&AddressedGil::new(Duration::from_micros(100)), AddressedGil::take_unless);
}

/// Native code that panics waits for the lock like any other: who has taken it meanwhile keeps it.
#[test]
fn a_panic_in_native_code_does_not_free_what_another_holds() {
    for (name, lock) in locks(NEVER) {
        let (lock, inside) = (&*lock, &AtomicBool::new(false));
        let (tell, told) = mpsc::channel();
        thread::scope(|scope| {
            let died = panic::catch_unwind(AssertUnwindSafe(|| {
                let mut held = Held::take(lock, ThreadId(1));
                held.allow_threads(|| {
                    scope.spawn(move || {
                        let _held = Held::take(lock, ThreadId(2));
                        inside.store(true, Relaxed);
                        tell.send(()).unwrap();
                        thread::sleep(Duration::from_millis(20));
                        inside.store(false, Relaxed);
                    });
                    told.recv().unwrap();
                    panic::panic_any("on purpose");
                });
            }));
            assert!(died.is_err());
            assert!(!inside.load(Relaxed), "{name}: it was back while another was inside");
        });
    }
}
