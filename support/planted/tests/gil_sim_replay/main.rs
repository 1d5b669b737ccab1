//! Replays schedules of the simulator in the shipped locks: the same string, the same steps.
//!
//! `gil-sim predict` and `step` record which thread went on when, as a short string (`src/sim/schedule.rs`). Here the files of
//! `gil-sim/src/lock` are compiled with types (`sync`) that let a thread go on only in its turn (`scheduler`; both in `support/planted/replay`, which `exercises` compiles too), and the simulator and the lock
//! run the same string side by side (`conform`). After every turn both must agree on every thread's phase (wants the lock, waits, has
//! asked, took it, released it, waits for a taker), on who can go on and how, and on whether the holder is asked; at the end, on how often
//! the lock changed hands.
//!
//! In loom a step is one operation on one of its types; in the simulator a turn is everything that a thread does until another thread
//! could notice it. A letter therefore stands for several operations of its thread, up to the one that ends the turn:
//!
//! | the turn ends, in the simulator | in the lock's source |
//! |---|---|
//! | it sleeps for a mutex | `Mutex::lock`, which finds it taken |
//! | it sleeps on a condition variable | `Condvar::wait`, `wait_timeout` |
//! | it has woken a thread | `Condvar::notify_one` or the drop of a `MutexGuard`, if a thread sleeps there |
//! | it has asked | the `store` of a request, under the first mutex |
//! | it has computed, or is outside | none: this is up to the program (`program`) |
//!
//! `!a` makes a's `wait_timeout` time out; `a*` makes a's `notify_one` wake the newest waiter. A replay also records the schedule with a
//! letter for each operation, which is then played in the lock alone.
//!
//! Not replayed: waiters that give up, which the simulator does not have (`gil-sim/tests/loom.rs`, `gil_sim.rs`), and Python 2's lock of a mutex and a
//! condition variable (the simulator has the semaphore).

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::io::Write;
use std::time::Duration;

use gil_sim::sim::{Kind, Phase, Schedule, Setup, Turn};

mod conform;
#[macro_use]
#[path = "../gil_sim_copies/mod.rs"]
mod gil_sim_copies;
#[path = "../../../../gil-sim/src/lock/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the replay does not use every part of the shipped locks")]
mod lock;
mod program;
mod scenarios;
#[path = "../../replay/scheduler.rs"]
#[allow(dead_code, reason = "`exercises` uses more of it")]
mod scheduler;
#[path = "../../replay/sync.rs"]
#[allow(dead_code, reason = "`exercises` uses more of it")]
mod sync;

use conform::{Replayed, conform, play};
use lock::{AddressedGil, Free, Gil, Lock, SemaphoreLock, Ticks};
use scenarios::{SCENARIOS, drawn, recorded, setup};

copies! { py32:
    no_signal
    unlocked_between_check_and_wait
    if_for_while
    request_never_reset
    no_forced_switch
    no_switch_signal
}
copies! { py313:
    no_signal
    if_for_while
    request_never_reset
    request_stored_shared
    no_forced_switch
    no_switch_signal
}
copies! { py2: semaphore_of_two no_post }

/// Required by the locks; no clock runs here.
const INTERVAL: Duration = Duration::from_millis(5);

/// Seeds for each scenario and each kind of lock.
const SEEDS: u64 = 30;

/// Replays all schedules in a lock, one after another, up to the first difference.
fn all<L: Lock>(
    kind: Kind,
    new: impl Fn() -> L,
    mut each: impl FnMut(&Setup, &Schedule, Replayed),
) -> Result<(), String> {
    for (name, groups) in SCENARIOS {
        for seed in 0..SEEDS {
            let setup = setup(kind, groups(), seed);
            for (how, schedule) in [("recorded", recorded(&setup)), ("drawn", drawn(&setup))] {
                let replayed = conform(&setup, &new(), &schedule);
                each(
                    &setup,
                    &schedule,
                    replayed.map_err(|what| format!("{kind:?}, {name}, {how}, seed {seed}: {what}"))?,
                );
            }
        }
    }
    Ok(())
}

/// Every schedule must agree. Every phase that a thread can reach under this lock must occur, or the comparison is vacuous.
fn replayed_alike<L: Lock>(kind: Kind, new: impl Fn() -> L, places: &[Phase]) {
    let (mut schedules, mut turns, mut operations) = (0, 0, 0);
    let (mut by_time, mut overtakes, mut seen) = (0, 0, vec![0; places.len()]);
    all(kind, &new, |_, schedule, replayed| {
        schedules += 1;
        turns += schedule.turns().len();
        by_time += schedule.turns().iter().filter(|turn| turn.by_time).count();
        overtakes += schedule.turns().iter().filter(|turn| turn.overtakes).count();
        operations += replayed.operations.len();
        for (place, n) in places.iter().zip(&mut seen) {
            *n += replayed.trail.iter().filter(|(_, p)| p == place).count();
        }
    })
    .unwrap_or_else(|what| panic!("{what}"));
    // Directly to stderr: the test harness would capture eprintln!.
    let _ = writeln!(
        std::io::stderr(),
        "replay: {kind:?}: {schedules} schedules, {turns} turns, {operations} operations; {by_time} waits timed out, \
         {overtakes} signals went to the newest; {places:?}: {seen:?}"
    );
    assert_eq!(schedules, 2 * SEEDS as usize * SCENARIOS.len());
    assert!(seen.iter().all(|n| *n > 100), "{places:?}: {seen:?}");
    assert!(!places.contains(&Phase::Asked) || (by_time > 100 && overtakes > 100));
}

const NEW: &[Phase] =
    &[Phase::Wants, Phase::Waits, Phase::Asked, Phase::Took, Phase::Computes, Phase::Freed, Phase::Forced];

#[test]
fn the_lock_of_3_2() {
    replayed_alike(Kind::Shared, || Gil::new(INTERVAL), NEW);
}

#[test]
fn the_lock_of_3_13() {
    replayed_alike(Kind::Addressed, || AddressedGil::new(INTERVAL), NEW);
}

#[test]
fn the_lock_of_python_2() {
    replayed_alike(
        Kind::Ticks,
        || Ticks::<SemaphoreLock>::new(0),
        &[Phase::Wants, Phase::Waits, Phase::Computes, Phase::Freed],
    );
}

#[test]
fn no_lock() {
    replayed_alike(Kind::Free, || Free, &[Phase::Computes]);
}

fn read(words: &str) -> Schedule {
    Schedule::read(words).unwrap()
}

/// b waits for the interval and asks; a releases the lock, and waits until b has it.
const HAND_OVER: &str = "ab!baabbaabba";

#[test]
fn a_forced_switch_chosen_by_hand() {
    use Phase::{Asked, Computes, Forced, Freed, Took, Waits, Wants};
    let setup = setup(Kind::Shared, SCENARIOS[0].1(), 0);
    let replayed = conform(&setup, &Gil::new(INTERVAL), &read(HAND_OVER)).unwrap();
    let (a, b) = (0, 1);
    let expected = [
        (a, Wants),
        (a, Took),
        (a, Computes), // a
        (b, Wants),
        (b, Waits), // b
        (b, Asked), // !b
        (b, Waits), // a notices; a and b meet at the mutex
        (a, Freed),
        (a, Forced),
        (b, Took),
        (b, Computes),
        (a, Wants),
        (a, Waits),
    ];
    assert_eq!(replayed.trail, expected);
}

/// The beginning of the same schedule, a letter for each operation: a takes the lock, b waits and asks.
#[test]
fn the_same_schedule_in_operations() {
    let setup = setup(Kind::Shared, SCENARIOS[0].1(), 0);
    let replayed = conform(&setup, &Gil::new(INTERVAL), &read("ab!b")).unwrap();
    let of = |thread| replayed.operations.iter().filter(move |(t, _)| *t == thread).map(|(_, what)| *what);
    let take = ["Mutex::lock", "Mutex::lock", "AtomicU64::load", "AtomicU64::store", "Condvar::notify_one"];
    let rest = ["MutexGuard::drop", "AtomicBool::store", "MutexGuard::drop", "AtomicBool::load"];
    assert_eq!(of(0).collect::<Vec<_>>(), [&take[..], &rest].concat(), "takes it, and looks whether it is asked");
    let asks = ["Mutex::lock", "Condvar::wait_timeout", "Mutex::lock", "AtomicBool::store"];
    assert_eq!(of(1).collect::<Vec<_>>(), asks);
    // One more letter where a thread begins, and where it wakes up.
    assert_eq!(replayed.letters.iter().map(Turn::to_string).collect::<String>(), "aaaaaaaaaabbb!bbb");
}

/// The phases of one thread. In loom's steps, the order of phases between threads may differ.
fn phases_of(replayed: &Replayed, thread: usize) -> Vec<Phase> {
    replayed.trail.iter().filter(|(t, _)| *t == thread).map(|(_, place)| *place).collect()
}

/// The schedule with a letter for each operation gives the same operations in the same order, without the simulator.
fn plays_again<L: Lock>(kind: Kind, new: impl Fn() -> L) {
    all(kind, &new, |setup, schedule, replayed| {
        let again = play(setup, &new(), &replayed.letters).unwrap_or_else(|what| panic!("{schedule}: {what}"));
        assert_eq!(again.operations, replayed.operations, "{schedule}");
        assert_eq!(again.letters, replayed.letters, "{schedule}");
        for thread in 0..3 {
            // If the schedule was cut off, a thread may have reached one phase more on the way to its next operation.
            let (before, now) = (phases_of(&replayed, thread), phases_of(&again, thread));
            assert!(now.starts_with(&before), "{schedule}: {before:?}, {now:?}");
        }
    })
    .unwrap_or_else(|what| panic!("{what}"));
}

#[test]
fn a_letter_for_each_operation() {
    plays_again(Kind::Shared, || Gil::new(INTERVAL));
    plays_again(Kind::Addressed, || AddressedGil::new(INTERVAL));
    plays_again(Kind::Ticks, || Ticks::<SemaphoreLock>::new(0));
}

/// A bug planted into a copy of a lock (`build.rs`) makes a replay differ. Not every bug does: `holder_checked_outside` shows only if a
/// thread runs within a turn of another one, and only loom finds it.
macro_rules! differs {
    ($($test:ident: $kind:ident, $lock:expr;)*) => {$(
        #[test]
        fn $test() {
            let what = all(Kind::$kind, || $lock, |_, _, _| ()).expect_err("the planted bug was not seen");
            let _ = writeln!(std::io::stderr(), "replay: {}: {what}", stringify!($test));
        }
    )*};
}

differs! {
    a_release_that_wakes_nobody: Shared, py32::no_signal::Gil::new(INTERVAL);
    a_wake_up_between_check_and_wait: Shared, py32::unlocked_between_check_and_wait::Gil::new(INTERVAL);
    a_wake_up_treated_as_a_free_lock: Shared, py32::if_for_while::Gil::new(INTERVAL);
    a_request_that_is_never_reset: Shared, py32::request_never_reset::Gil::new(INTERVAL);
    a_releaser_that_does_not_wait: Shared, py32::no_forced_switch::Gil::new(INTERVAL);
    a_taker_that_does_not_signal: Shared, py32::no_switch_signal::Gil::new(INTERVAL);
    addressed_release_that_wakes_nobody: Addressed, py313::no_signal::AddressedGil::new(INTERVAL);
    addressed_wake_up_treated_as_a_free_lock: Addressed, py313::if_for_while::AddressedGil::new(INTERVAL);
    addressed_request_that_is_never_reset: Addressed, py313::request_never_reset::AddressedGil::new(INTERVAL);
    a_request_that_hits_the_next_holder: Addressed, py313::request_stored_shared::AddressedGil::new(INTERVAL);
    addressed_releaser_that_does_not_wait: Addressed, py313::no_forced_switch::AddressedGil::new(INTERVAL);
    addressed_taker_that_does_not_signal: Addressed, py313::no_switch_signal::AddressedGil::new(INTERVAL);
    a_semaphore_that_lets_two_in: Ticks, py2::semaphore_of_two::Ticks::<py2::semaphore_of_two::SemaphoreLock>::new(0);
    a_semaphore_that_is_never_posted: Ticks, py2::no_post::Ticks::<py2::no_post::SemaphoreLock>::new(0);
    no_lock_at_all: Shared, Free;
}
