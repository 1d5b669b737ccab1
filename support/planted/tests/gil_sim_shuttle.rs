//! The shipped locks with more threads than loom can explore: random schedules, not all of them.
//!
//! The files of `src/lock` are compiled with shuttle's types instead of std's. There are two schedulers: one chooses any runnable
//! thread at each step, the other (PCT) gives threads priorities and changes a few of them, which finds other bugs. Unlike loom,
//! shuttle runs every atomic as if it were `SeqCst`. Other schedules are not checked here: `gil-sim/tests/loom.rs` is the proof.
//!
//! The seed is fixed, so that a run can be repeated; SHUTTLE_RANDOM_SEED sets another.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::env;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64 as Ghost, Ordering::Relaxed};
use std::time::Duration;

use shuttle as checker;
use shuttle::rand::{Rng, thread_rng};
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, Runner, thread};

#[macro_use]
mod gil_sim_copies;
#[path = "../../../gil-sim/tests/model/sync.rs"]
mod sync;
use planted::caught;
#[path = "../../../gil-sim/src/lock/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the models do not use every part of the shipped locks")]
mod lock;
use lock::{AddressedGil, Gil, Held, Lock, MutexAndCondvar, SemaphoreLock, ThreadId, Ticks};

copies! { py32: if_for_while request_never_reset no_forced_switch no_switch_signal gives_up_clearing_after_unlock }
copies! { py313: request_stored_shared gives_up_clearing_after_unlock }
copies! { py2: if_for_while no_signal semaphore_of_two }

const INTERVAL: Duration = Duration::from_millis(5);

/// The number of priorities that PCT changes in a schedule.
const DEPTH: usize = 4;

/// Runs the model under `schedules` schedules of each scheduler, and prints their number. Fails if fewer were run.
fn draw(name: &str, schedules: usize, model: impl Fn() + Send + Sync + 'static) {
    let seed = env::var("SHUTTLE_RANDOM_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_123);
    let model = Arc::new(model);
    run(name, "random", seed, schedules, RandomScheduler::new_from_seed(seed, schedules), Arc::clone(&model));
    run(name, "PCT", seed, schedules, PctScheduler::new_from_seed(seed, DEPTH, schedules), model);
}

fn run(
    name: &str,
    how: &str,
    seed: u64,
    schedules: usize,
    scheduler: impl Scheduler + 'static,
    model: Arc<impl Fn() + Send + Sync + 'static>,
) {
    let mut config = Config::new();
    config.silence_warnings = true; // it warns that memory orders are not modelled, see above
    let ran = Runner::new(scheduler, config).run(move || model());
    // Directly to stderr: the test harness would capture eprintln!.
    let _ = writeln!(std::io::stderr(), "shuttle: {name}: {ran} {how} schedules (at least {schedules}), seed {seed}");
    assert!(ran >= schedules, "{name}: {ran} schedules, fewer than {schedules}");
}

/// What a model needs to know about a lock.
struct Kind<L> {
    new: fn() -> L,
    /// Whether it has requests, and with them forced switching.
    requests: bool,
    /// Takes it unless the interpreter is ending, as daemon threads do. Returns whether it was taken.
    take_unless: Option<fn(&L, ThreadId, &sync::AtomicBool) -> bool>,
}

/// What the threads of a model share.
struct Interpreter<L> {
    lock: L,
    ending: sync::AtomicBool,
    /// Who is inside; 0 is nobody. An atomic of shuttle, so that other threads may run before and after each access.
    inside: sync::AtomicU64,
    /// Who took the lock last, and the number of turns. Atomics of std, so that shuttle does not schedule at them.
    taken_by: Ghost,
    turns: Ghost,
}

impl<L: Lock> Interpreter<L> {
    /// A turn with the lock held, during which any other thread may run.
    fn turn(&self, me: u64) {
        assert_eq!(self.inside.load(Relaxed), 0, "two threads at once");
        self.inside.store(me, Relaxed);
        assert_eq!(self.inside.load(Relaxed), me, "two threads at once");
        self.inside.store(0, Relaxed);
        self.turns.fetch_add(1, Relaxed);
    }

    /// A thread that computes, checks its eval breaker, and makes a blocking call now and then. In the middle of its work the
    /// interpreter begins to end.
    fn work(&self, me: u64, turns: u64, requests: bool, forced: bool) {
        sync::plan(thread_rng().r#gen());
        let mut held = Held::take(&self.lock, ThreadId(me));
        let mut since = self.took(me);
        for turn in 0..turns {
            self.turn(me);
            if turn == turns / 2 {
                self.ending.store(true, Relaxed);
            }
            if thread_rng().gen_ratio(1, 4) {
                held.allow_threads(thread::yield_now);
                since = self.took(me);
            } else if held.wanted() {
                let asked = !requests || sync::timed_out_since(since);
                assert!(asked, "asked, though nobody has asked since it took the lock");
                held.allow_threads(|| ());
                assert!(!forced || self.taken_by.load(Relaxed) != me, "it let go on request and came back first");
                since = self.took(me);
            }
        }
    }

    /// Must be called directly after a take. Returns its time.
    fn took(&self, me: u64) -> u64 {
        self.taken_by.store(me, Relaxed);
        sync::locked()
    }

    /// A daemon thread that takes the lock for one turn, or gives up.
    fn daemon(&self, me: u64, take_unless: fn(&L, ThreadId, &sync::AtomicBool) -> bool) {
        sync::plan(thread_rng().r#gen());
        if take_unless(&self.lock, ThreadId(me), &self.ending) {
            self.took(me);
            self.turn(me);
            self.lock.leave(ThreadId(me));
        }
    }
}

/// `threads` threads of `turns` turns each, and `daemons` daemon threads.
fn interpreter<L: Lock + 'static>(kind: &Kind<L>, threads: u64, turns: u64, daemons: u64) {
    let all = Arc::new(Interpreter {
        lock: (kind.new)(),
        ending: sync::AtomicBool::new(false),
        inside: sync::AtomicU64::new(0),
        taken_by: Ghost::new(0),
        turns: Ghost::new(0),
    });
    let requests = kind.requests;
    // The model does not see a daemon that takes the lock and finds that it must give up, so switching is not checked then.
    let forced = requests && daemons == 0;
    let mut running = Vec::new();
    for me in 1..=threads {
        let all = Arc::clone(&all);
        running.push(thread::spawn(move || all.work(me, turns, requests, forced)));
    }
    for me in threads + 1..=threads + daemons {
        let (all, take_unless) = (Arc::clone(&all), kind.take_unless.expect("a lock with daemons"));
        running.push(thread::spawn(move || all.daemon(me, take_unless)));
    }
    running.into_iter().for_each(|thread| thread.join().unwrap());
    assert!(all.turns.load(Relaxed) >= threads * turns, "a turn is missing");
}

/// A lock of 3.2 or later, shipped or copied.
macro_rules! gil {
    ($lock:path) => {{
        use $lock as Lock;
        Kind {
            new: || Lock::new(INTERVAL),
            requests: true,
            take_unless: Some(|lock, me, ending| lock.take_unless(me, ending).is_ok()),
        }
    }};
}

/// A lock of Python 2, shipped or copied; it is released at every second check.
macro_rules! ticks {
    ($lock:ty) => {
        Kind { new: || <$lock>::new(1), requests: false, take_unless: None }
    };
}

#[test]
fn eight_threads_of_3_2() {
    draw("3.2, 8 threads, 4 turns", 5_000, || interpreter(&gil!(Gil), 8, 4, 0));
}

#[test]
fn eight_threads_of_3_13() {
    draw("3.13, 8 threads, 4 turns", 5_000, || interpreter(&gil!(AddressedGil), 8, 4, 0));
}

#[test]
fn sixteen_threads() {
    draw("3.2, 16 threads, 2 turns", 2_000, || interpreter(&gil!(Gil), 16, 2, 0));
    draw("3.13, 16 threads, 2 turns", 2_000, || interpreter(&gil!(AddressedGil), 16, 2, 0));
}

#[test]
fn daemons_give_up() {
    draw("3.2, 2 threads and 6 daemons", 5_000, || interpreter(&gil!(Gil), 2, 3, 6));
    draw("3.13, 2 threads and 6 daemons", 5_000, || interpreter(&gil!(AddressedGil), 2, 3, 6));
}

#[test]
fn python_2() {
    draw("2.7 semaphore, 8 threads, 4 turns", 5_000, || interpreter(&ticks!(Ticks<SemaphoreLock>), 8, 4, 0));
    draw("2.7 condvar, 8 threads, 4 turns", 5_000, || interpreter(&ticks!(Ticks<MutexAndCondvar>), 8, 4, 0));
}

/// A test, a part of the message, and the model that finds the planted bug.
///
/// Random schedules have limits: CPython's late clearing hangs only if no other thread comes, and among eight threads one usually
/// does. With three threads shuttle finds it too; loom explores all schedules and finds it at once.
macro_rules! found {
    ($($test:ident = $reason:literal: $kind:expr, $threads:expr, $turns:expr, $daemons:expr;)*) => {$(
        #[test]
        fn $test() {
            caught(stringify!($test), $reason, || {
                draw(concat!("planted: ", stringify!($test)), 20_000, || interpreter(&$kind, $threads, $turns, $daemons));
            });
        }
    )*};
}

found! {
    a_wake_up_treated_as_a_free_lock = "two threads at once": gil!(py32::if_for_while::Gil), 8, 4, 0;
    a_request_that_is_never_reset = "nobody has asked since": gil!(py32::request_never_reset::Gil), 8, 4, 0;
    a_releaser_that_takes_it_again_first = "came back first": gil!(py32::no_forced_switch::Gil), 8, 4, 0;
    a_taker_that_does_not_signal = "deadlock": gil!(py32::no_switch_signal::Gil), 8, 4, 0;
    cpython_since_gh_96387 = "deadlock": gil!(py32::gives_up_clearing_after_unlock::Gil), 1, 6, 2;
    cpython_3_13_as_it_is = "deadlock": gil!(py313::gives_up_clearing_after_unlock::AddressedGil), 1, 6, 2;
    a_request_that_hits_the_next_holder = "nobody has asked since":
        gil!(py313::request_stored_shared::AddressedGil), 8, 4, 0;
    python_2_treats_a_wake_up_as_a_free_lock = "two threads at once":
        ticks!(py2::if_for_while::Ticks<py2::if_for_while::MutexAndCondvar>), 8, 4, 0;
    python_2_wakes_nobody = "deadlock": ticks!(py2::no_signal::Ticks<py2::no_signal::MutexAndCondvar>), 8, 4, 0;
    a_semaphore_that_lets_two_in = "two threads at once":
        ticks!(py2::semaphore_of_two::Ticks<py2::semaphore_of_two::SemaphoreLock>), 8, 4, 0;
}
