//! What stays whole and what does not: panics, locks by hand, contention, the GIL. Each check beside a program that must fail it.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use gil_sim::vm::version::Version;
use lab::python::Interpreter;
use lab::trace::State;
use mutex::counter_variant::{CounterVariant, PROTECTED};
use mutex::experiments::check_then_act::program::{self as shop, Day, Shop};
use mutex::experiments::contention::{self, Load, variants as sharing};
use mutex::experiments::poison::{self, Books};
use mutex::experiments::versions::{self, Expectation, FORMS, Rules};
use mutex::locks::{Exclusive, Guarded, SpinLock, TicketLock};
use mutex::outcomes::Tally;

#[test]
fn after_a_panic_each_lock_shows_what_it_promises() {
    let tallies = poison::tallies();
    for tally in &tallies {
        tally.check().unwrap();
        assert_eq!(tally.rounds(), 1);
    }
    let seen = |id: &str| -> Vec<&str> {
        tallies.iter().filter(|tally| tally.seen(id) == 1).map(|tally| tally.variant).collect()
    };
    assert_eq!(seen("refused"), ["std_mutex"]);
    assert_eq!(seen("half"), ["std_into_inner", "parking_lot_mutex"]);
    assert_eq!(seen("whole"), ["std_repaired", "std_at_once", "parking_lot_at_once"]);
    // The known-wrong twin: a lock that is said to refuse, and gives torn data.
    let mut wrong = Tally::new("wrong", tallies[0].outcomes);
    wrong.add("half", 1);
    assert!(wrong.check().is_err());
}

#[test]
fn a_transfer_in_two_steps_is_torn_and_one_at_once_is_not() {
    let after = |transfer: fn(&mut Books)| {
        let mut books = Books::new();
        assert!(panic::catch_unwind(AssertUnwindSafe(|| transfer(&mut books))).is_err(), "it fails on purpose");
        books.left + books.right
    };
    assert!(after(poison::transfer) < poison::TOTAL);
    assert_eq!(after(poison::transfer_at_once), poison::TOTAL);
}

fn keeps_whole<L: Exclusive>() {
    let counter = Guarded::<L, u64>::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..5_000).for_each(|_| counter.with(|n| *n += 1)));
        }
    });
    assert_eq!(counter.with(|n| *n), 20_000);
    // A panic inside lets go: the next one would wait for ever.
    let died = panic::catch_unwind(AssertUnwindSafe(|| counter.with(|_| panic::resume_unwind(Box::new(())))));
    assert!(died.is_err());
    assert_eq!(counter.with(|n| *n), 20_000);
}

#[test]
fn locks_by_hand_keep_their_value_whole() {
    keeps_whole::<SpinLock>();
    keeps_whole::<TicketLock>();
}

#[test]
fn under_contention_nothing_is_lost_and_a_loser_is_caught() {
    for variant in sharing::variants() {
        assert!(variant.protects());
        for threads in [1, 3] {
            let load = contention::load(&variant, threads, Duration::from_millis(5)).unwrap();
            assert_eq!((load.updates.len(), load.lost), (threads, 0), "{}", variant.name);
            contention::check(&variant, &load).unwrap();
        }
    }
    // Forgets every tenth update, on every machine.
    let forgets = |(counter, calls): &(AtomicU64, AtomicU64)| {
        let call = calls.fetch_add(1, Relaxed);
        counter.fetch_add(u64::from(!call.is_multiple_of(10)), Relaxed);
    };
    let shared = (AtomicU64::new(0), AtomicU64::new(0));
    let forgets = CounterVariant::new(("forgets", "forgets"), PROTECTED, shared, forgets, |(counter, _)| {
        counter.swap(0, Relaxed)
    });
    let load = contention::load(&forgets, 2, Duration::from_millis(2)).unwrap();
    assert!(load.lost > 0);
    assert_eq!(contention::check(&forgets, &load).unwrap_err().code(), 1);
}

#[test]
fn shares_and_steps() {
    let load = Load { updates: vec![30, 10, 0], lost: 0, wall: 1_000 };
    assert_eq!((load.rate(), load.ratio()), (4e7, 30.0));
    for (most, steps) in [(1, &[1][..]), (2, &[1, 2]), (6, &[1, 2, 4, 6]), (8, &[1, 2, 4, 8])] {
        assert_eq!(contention::steps(most), steps);
    }
}

#[test]
fn under_every_gil_some_order_sells_what_is_not_there() {
    for version in Version::ALL {
        let ends = shop::orders(version);
        assert!(ends.contains_key(&1) && ends.contains_key(&-1), "{version:?}: {ends:?}");
        // A lost update leaves the stock at 0 or 2; from 3.10 on no statement loses one, and the check is wrong all the same.
        let loses = [Version::Py2, Version::Py36, Version::Free].contains(&version);
        assert_eq!(ends.keys().any(|end| *end == 0 || *end == 2), loses, "{version:?}: {ends:?}");
    }
}

#[test]
fn a_lock_of_its_own_keeps_the_shop_whole() {
    for version in Version::ALL {
        let day = shop::day(Shop::Locked, version, 4, 60).unwrap();
        assert_eq!(day, Day { below: 0, differ: 0 }, "{version:?}");
    }
    let wrong = Day { below: 1, differ: 0 };
    assert!(shop::check(Shop::Locked, Version::Py313, wrong).is_err());
    assert!(shop::check(Shop::Locked, Version::Py313, Day { below: 0, differ: 2 }).is_err());
    assert!(shop::check(Shop::Gil, Version::Py313, wrong).is_ok(), "without a lock it is no failure");
    // It broke although one thread ran at a time.
    assert!(shop::pictured(Shop::Gil).unwrap().is_serial(State::Running));
}

#[test]
fn what_is_expected_depends_on_implementation_and_version() {
    let python = |implementation: &str, minor, gil| Interpreter {
        path: "/somewhere/python".into(),
        implementation: implementation.into(),
        version: [3, minor, 0],
        gil,
    };
    use Expectation::{CorrectByAccident, MayLose, MustNotLose, Unknown};
    let may_lose = [MayLose, MayLose, MayLose, MayLose, MustNotLose];
    let by_accident = [CorrectByAccident, CorrectByAccident, MayLose, MayLose, MustNotLose];
    let unknown = [Unknown, Unknown, Unknown, Unknown, MustNotLose];
    for (implementation, minor, gil, expected) in [
        ("CPython", 9, Some(true), may_lose),
        ("CPython", 10, Some(true), by_accident),
        ("CPython", 15, Some(true), by_accident),
        ("CPython", 13, Some(false), may_lose),
        ("RustPython", 15, Some(false), may_lose),
        ("Jython", 0, Some(false), may_lose),
        // A GIL, and 3.11 of the language: CPython's rule does not hold there.
        ("PyPy", 11, Some(true), unknown),
        ("GraalPy", 12, Some(true), unknown),
        ("Snekpython", 12, None, unknown),
    ] {
        let rules = Rules::of(&python(implementation, minor, gil));
        let seen: Vec<Expectation> = FORMS.iter().map(|form| form.expected(rules)).collect();
        assert_eq!(seen, expected, "{implementation} 3.{minor}");
    }
}

#[test]
fn those_that_were_chosen_are_those_that_run() {
    let chosen = Interpreter {
        path: "/somewhere/python".into(),
        implementation: "CPython".into(),
        version: [3, 6, 0],
        gil: Some(true),
    };
    assert_eq!(versions::all(&[chosen]).len(), 1);
    assert!(versions::all(&[]).is_empty());
}
