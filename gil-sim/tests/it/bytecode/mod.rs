//! The interpreter: what each version can lose is driven hand-over by hand-over, never left to luck.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod counts;
mod listing;
mod native_code;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::Duration;

use gil_sim::experiments::bytecode::cases::{CONTENDERS, Case, Class, Contender};
use gil_sim::experiments::bytecode::race::{self, Race};
use gil_sim::vm::code::{Program, Value};
use gil_sim::vm::explore;
use gil_sim::vm::heap::{Counting, Heap};
use gil_sim::vm::programs;
use gil_sim::vm::run::Interpreter;
use gil_sim::vm::thread::Tally;
use gil_sim::vm::version::{EvalPoint, Version};
use gil_sim::{Lock, ThreadId, loops};

const LOCKED: [Version; 5] = [Version::Py2, Version::Py36, Version::Py310, Version::Py311, Version::Py313];
/// Nobody asks for the lock in the time of a test.
const NEVER: Duration = Duration::from_secs(3600);

/// A lock that goes where a script says: from the first thread to the second when the first looks for the `at`th time, and on
/// when a thread has ended. Nobody ever waits for a time.
struct Scripted {
    turn: Mutex<u64>,
    changed: Condvar,
    at: u64,
    looks: AtomicU64,
}

impl Scripted {
    fn at(at: u64) -> Scripted {
        Scripted { turn: Mutex::new(1), changed: Condvar::new(), at, looks: AtomicU64::new(0) }
    }

    fn hand_over(&self, me: ThreadId) {
        *self.turn.lock().unwrap() = 3 - me.0;
        self.changed.notify_all();
    }
}

impl Lock for Scripted {
    fn take(&self, me: ThreadId) {
        let turn = self.turn.lock().unwrap();
        drop(self.changed.wait_while(turn, |turn| *turn != me.0).unwrap());
    }

    fn release(&self, me: ThreadId) {
        self.hand_over(me);
    }

    fn leave(&self, me: ThreadId) {
        self.hand_over(me);
    }

    fn wanted(&self, me: ThreadId) -> bool {
        me == ThreadId(1) && self.looks.fetch_add(1, Relaxed) == self.at
    }

    fn switches(&self) -> u64 {
        0
    }
}

/// Two threads with one turn each, of which the first lets the second in at its `at`th look: where the counter ends, and how
/// often the first looked.
fn interrupted_once(program: &Program, version: Version, at: u64) -> (i64, u64) {
    let (lock, heap) = (Scripted::at(at), Heap::of(program, Counting::Plain));
    let interpreter = Interpreter { program, heap: &heap, lock: &lock, version };
    thread::scope(|scope| {
        for me in [1, 2] {
            scope.spawn(move || interpreter.run(ThreadId(me), 1, &mut ()));
        }
    });
    assert_eq!(heap.miscounted(), 0, "under a lock plain counts are right");
    (heap.number(0), lock.looks.load(Relaxed))
}

/// At how many of its looks the first thread loses an update, and at how many it looks.
fn losing_looks(program: &Program, version: Version) -> (u64, u64) {
    let (_, looks) = interrupted_once(program, version, u64::MAX);
    let ends: Vec<i64> = (0..looks).map(|at| interrupted_once(program, version, at).0).collect();
    assert!(ends.iter().all(|end| [1, 2].contains(end)), "{ends:?}");
    (ends.iter().filter(|end| **end == 1).count() as u64, looks)
}

/// The versions are each other's wrong twins: with the looks of another, a row of this table comes out otherwise.
#[test]
fn a_hand_over_at_each_look_loses_where_the_version_can_lose() {
    let expected = [
        // After the load and after the addition.
        ("plain", [(2, 10), (2, 10), (0, 3), (0, 3), (0, 3)]),
        // After both loads, at the callee's beginning, after its return, and after the addition.
        ("call", [(5, 13), (5, 13), (2, 5), (1, 4), (1, 4)]),
    ];
    for (Contender { id, program, .. }, (same_id, rows)) in CONTENDERS.into_iter().zip(expected) {
        assert_eq!(id, same_id);
        for (version, row) in LOCKED.into_iter().zip(rows) {
            assert_eq!(losing_looks(&program(), version), row, "{id} {version:?}: looks that lose, and all");
        }
    }
}

#[test]
fn every_order_agrees_with_the_classes() {
    for Contender { id, program, classes } in CONTENDERS {
        for (version, class) in Version::ALL.into_iter().zip(classes) {
            let ends = explore::ends(&program(), version, 2, 1);
            let values: Vec<i64> = ends.keys().copied().collect();
            let expected: &[i64] = if class == Class::Forbidden { &[2] } else { &[1, 2] };
            assert_eq!(values, expected, "{id} {version:?}");
        }
    }
    // 3.10 looks thrice and then ends: four stretches of each thread can be put in 8 over 4 orders.
    assert_eq!(explore::ends(&programs::plain(), Version::Py310, 2, 1), [(2, 70)].into());
    // Three threads, two turns: a right answer stays right.
    assert_eq!(explore::ends(&programs::plain(), Version::Py313, 3, 2).into_keys().collect::<Vec<_>>(), [6]);
}

#[test]
fn real_threads_lose_nothing_where_nothing_can_be_lost() {
    let interval = Duration::from_micros(50);
    for Contender { id, program, classes } in CONTENDERS {
        for (version, class) in Version::ALL.into_iter().zip(classes) {
            let counting = if version == Version::Free { Counting::Atomic } else { Counting::Plain };
            let race = race::race(&program(), version, counting, 3, 20_000, interval).unwrap();
            assert_eq!(race.miscounted, 0, "{id} {version:?}");
            assert!(class == Class::Interesting || race.lost() == 0, "{id} {version:?}: {race:?}");
        }
    }
}

/// All instructions are done, in a thread of 1,000 turns, and every push of a shared object is counted, and every pop.
#[test]
fn the_tally_is_that_of_the_program() {
    let alone = |program: &Program| {
        let race = race::race(program, Version::Py313, Counting::Plain, 1, 1000, NEVER).unwrap();
        assert_eq!((race.updates, race.lost()), (1000, 0));
        race.tally
    };
    // Before the loop 5 and after it 3, with 2 shared objects: range and None. A turn has 2 (counter and 1; or with one 3).
    assert_eq!(alone(&programs::plain()), Tally { instructions: 8 + 7 * 1000, counts: 4 + 4 * 1000 });
    assert_eq!(alone(&programs::call()), Tally { instructions: 8 + 11 * 1000, counts: 4 + 6 * 1000 });
}

#[test]
fn a_race_that_broke_the_rules_fails() {
    let case = |version, class| {
        let ends = explore::ends(&programs::plain(), version, 2, 1);
        Case { id: "plain", version, class, ends, lost: Vec::new() }
    };
    let (whole, torn, miscounted) = (
        Race { updates: 9, counter: 9, ..Race::default() },
        Race { updates: 9, counter: 8, ..Race::default() },
        Race { miscounted: 1, ..Race::default() },
    );
    let nonsense = Race { updates: 9, counter: 10, ..Race::default() };
    let (old, new) = (case(Version::Py36, Class::Interesting), case(Version::Py313, Class::Forbidden));
    for (case, race, right) in [
        (&old, whole, true),
        (&old, torn, true),
        (&old, miscounted, false),
        (&old, nonsense, false),
        (&new, whole, true),
        (&new, torn, false),
        // A class that the looks do not grant.
        (&case(Version::Py36, Class::Forbidden), whole, false),
    ] {
        let checked = case.check(race);
        assert_eq!(checked.is_ok(), right, "{case:?} {race:?}");
        if let Err(error) = checked {
            assert_eq!((error.code(), error.text().en.lines().count()), (1, 1));
        }
    }
}

#[test]
fn the_article_s_loop_comes_to_its_sum_under_every_lock() {
    let program = programs::article();
    for version in Version::ALL {
        let lock = version.lock(Duration::from_micros(50));
        let heap = Heap::of(&program, Counting::Atomic);
        let interpreter = Interpreter { program: &program, heap: &heap, lock: &*lock, version };
        thread::scope(|scope| {
            for me in 1..=3 {
                scope.spawn(move || {
                    let (sum, _) = interpreter.run(ThreadId(me), 5_000, &mut ());
                    assert_eq!(sum, Value::Int(loops::sum(5_000) as i64), "{version:?}");
                });
            }
        });
        assert_eq!(heap.miscounted(), 0, "{version:?}");
    }
}

/// Without a lock others come in anywhere, under one only where the version looks.
#[test]
fn only_without_a_lock_others_come_in_anywhere() {
    assert!(Version::Free.interrupts(EvalPoint::Fast) && !Version::Py36.interrupts(EvalPoint::Fast));
}
