//! The interpreter: what each version can lose is driven hand-over by hand-over, never left to luck.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Barrier, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use gil_sim::experiments::bytecode::cases::{CONTENDERS, Case, Class, Contender};
use gil_sim::experiments::bytecode::race::{self, Race};
use gil_sim::experiments::bytecode::{handoffs, refcount_cost};
use gil_sim::vm::code::{Native, Op, Program, Value};
use gil_sim::vm::explore;
use gil_sim::vm::heap::{Counting, Heap};
use gil_sim::vm::listing;
use gil_sim::vm::programs;
use gil_sim::vm::run::Interpreter;
use gil_sim::vm::thread::Tally;
use gil_sim::vm::version::{EvalPoint, Version};
use gil_sim::{Gil, Lock, ThreadId, loops};
use lab::lang::Text;
use lab::trace::State;

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

#[test]
fn references_are_counted() {
    let program = programs::plain();
    for counting in [Counting::Plain, Counting::Atomic] {
        let heap = Heap::of(&program, counting);
        heap.refer(0);
        heap.refer(0);
        heap.release(1);
        assert_eq!(heap.miscounted(), 3, "two too many of one object, one too few of another");
        heap.release(0);
        heap.release(0);
        heap.refer(1);
        assert_eq!(heap.miscounted(), 0);
    }
}

/// Two threads that count the same object at once: how far its count is off at the end.
fn counted_by_two(counting: Counting) -> u64 {
    const TIMES: u64 = 20_000;
    let (heap, start) = (Heap::of(&programs::plain(), counting), Barrier::new(2));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                start.wait();
                (0..TIMES).for_each(|_| heap.refer(0));
            });
        }
    });
    (2 * TIMES).abs_diff(heap.miscounted())
}

/// Plain steps are the known-wrong twin. Where the two never get a core each it may stay unseen, and then this shows little.
#[test]
fn atomic_steps_need_no_lock() {
    let off = |counting| (0..50).map(|_| counted_by_two(counting)).sum::<u64>();
    assert_eq!(off(Counting::Atomic), 0);
    println!("plain steps without a lock: off by {}", off(Counting::Plain));
}

fn native(lets_go: bool, state: State, work: impl Fn(i64) -> i64 + Send + Sync + 'static) -> Native {
    Native { name: "native", lets_go, state, work: Arc::new(work) }
}

/// Counts how often its lock is let go.
struct Counted(Gil, AtomicU64);

impl Lock for Counted {
    fn take(&self, me: ThreadId) {
        self.0.take(me);
    }

    fn release(&self, me: ThreadId) {
        self.1.fetch_add(1, Relaxed);
        self.0.release(me);
    }

    fn leave(&self, me: ThreadId) {
        self.0.leave(me);
    }

    fn wanted(&self, me: ThreadId) -> bool {
        self.0.wanted(me)
    }

    fn switches(&self) -> u64 {
        self.0.switches()
    }
}

#[test]
fn native_code_lets_go_of_the_lock_or_keeps_it() {
    for (lets_go, releases) in [(true, 3), (false, 0)] {
        let asked = Arc::new(AtomicI64::new(0));
        let sum = Arc::clone(&asked);
        let program = programs::calls(native(lets_go, State::Native, move |n| sum.fetch_add(n, Relaxed)), 7);
        let (lock, heap) = (Counted(Gil::new(NEVER), AtomicU64::new(0)), Heap::of(&program, Counting::Plain));
        let interpreter = Interpreter { program: &program, heap: &heap, lock: &lock, version: Version::Py36 };
        interpreter.run(ThreadId(1), 3, &mut ());
        assert_eq!((lock.1.into_inner(), asked.load(Relaxed)), (releases, 21), "lets go: {lets_go}");
        assert_eq!(heap.miscounted(), 0);
    }
}

/// Both threads are in native code at once, or neither comes out.
fn meeting(lets_go: bool, state: State) -> [(Text, Program, i64); 2] {
    let both = Barrier::new(2);
    let meet = native(lets_go, state, move |_| {
        both.wait();
        0
    });
    [1, 2].map(|n| (Text::same(n.to_string()), programs::calls(meet.clone(), 0), 1))
}

#[test]
fn who_waits_lets_others_in() {
    let trace = handoffs::picture(Text::default(), &meeting(true, State::WaitingForIo), Version::Py313, NEVER).unwrap();
    assert_eq!(trace.peak_in_flight(&[State::WaitingForIo]), 2);
    assert!(trace.is_serial(State::Running));
    // The known-wrong twin: no lock, and code that says it runs.
    let free = handoffs::picture(Text::default(), &meeting(false, State::Running), Version::Free, NEVER).unwrap();
    assert!(!free.is_serial(State::Running));
}

#[test]
fn the_pictures_show_who_keeps_the_lock() {
    let traces = handoffs::all(Duration::from_micros(500)).unwrap();
    let [waits, lets_go, keeps] = &traces[..] else { panic!("{}", traces.len()) };
    let spans = |trace: &lab::trace::Trace, lane: usize, state| trace.waits(lane, state).count;
    assert!(traces.iter().all(|trace| trace.is_serial(State::Running)));
    assert_eq!([0, 1, 2].map(|lane| spans(waits, lane, State::WaitingForIo)), [3, 3, 0]);
    assert_eq!([0, 1].map(|lane| spans(lets_go, lane, State::Native)), [3, 3]);
    assert_eq!([0, 1].map(|lane| spans(keeps, lane, State::Native)), [0, 0]);
    assert!(waits.waits(0, State::WaitingForIo).total >= 60_000_000, "three sleeps of 20 ms");
}

#[test]
fn versions_look_where_the_listing_says() {
    let program = programs::call();
    let [py2, old, py310, py311, py313, free] = Version::ALL.map(|version| listing::looks(&program, version));
    // The listing has one column for each of these.
    assert_eq!(py2, old);
    assert!(py311 == py313 && py313 == free);
    let names = |looks: &std::collections::BTreeSet<_>| -> Vec<&str> {
        looks
            .iter()
            .map(|at: &gil_sim::vm::thread::Position| program.functions[at.function].ops[at.op].name())
            .collect()
    };
    assert_eq!(names(&py310), ["Resume", "Call", "Call", "JumpBackward", "Resume"]);
    assert_eq!(names(&py311), ["Resume", "Call", "JumpBackward", "Resume"]);
    assert!(old.is_superset(&py310) && py310.is_superset(&py311));
    let fast = |op: Op| matches!(op, Op::LoadConst(_) | Op::LoadFast(_) | Op::StoreFast(_) | Op::PopTop | Op::Return);
    let straight = program.functions[0].ops.iter().filter(|op| !fast(**op)).count();
    assert_eq!(old.iter().filter(|at| at.function == 0).count(), straight);
    let table = listing::table(&program);
    let marks = |column: usize| table.rows.iter().filter(|row| row[column].en == "●").count();
    assert_eq!([3, 4, 5].map(marks), [old.len(), 5, 4]);
}

/// Without a lock others come in anywhere, under one only where the version looks.
#[test]
fn only_without_a_lock_others_come_in_anywhere() {
    assert!(Version::Free.interrupts(EvalPoint::Fast) && !Version::Py36.interrupts(EvalPoint::Fast));
}

/// What `dis` of these versions lists for `plain`.
const PLAIN: [(&str, &str); 9] = [
    (
        "2.7",
        "SETUP_LOOP LOAD_GLOBAL LOAD_FAST CALL_FUNCTION GET_ITER FOR_ITER STORE_FAST LOAD_GLOBAL LOAD_CONST INPLACE_ADD STORE_GLOBAL JUMP_ABSOLUTE POP_BLOCK LOAD_CONST RETURN_VALUE",
    ),
    (
        "3.9",
        "LOAD_GLOBAL LOAD_FAST CALL_FUNCTION GET_ITER FOR_ITER STORE_FAST LOAD_GLOBAL LOAD_CONST INPLACE_ADD STORE_GLOBAL JUMP_ABSOLUTE LOAD_CONST RETURN_VALUE",
    ),
    (
        "3.10",
        "LOAD_GLOBAL LOAD_FAST CALL_FUNCTION GET_ITER FOR_ITER STORE_FAST LOAD_GLOBAL LOAD_CONST INPLACE_ADD STORE_GLOBAL JUMP_ABSOLUTE LOAD_CONST RETURN_VALUE",
    ),
    (
        "3.11",
        "RESUME LOAD_GLOBAL LOAD_FAST PRECALL CALL GET_ITER FOR_ITER STORE_FAST LOAD_GLOBAL LOAD_CONST BINARY_OP STORE_GLOBAL JUMP_BACKWARD LOAD_CONST RETURN_VALUE",
    ),
    (
        "3.12",
        "RESUME LOAD_GLOBAL LOAD_FAST CALL GET_ITER FOR_ITER STORE_FAST LOAD_GLOBAL LOAD_CONST BINARY_OP STORE_GLOBAL JUMP_BACKWARD END_FOR RETURN_CONST",
    ),
    (
        "3.13",
        "RESUME LOAD_GLOBAL LOAD_FAST CALL GET_ITER FOR_ITER STORE_FAST LOAD_GLOBAL LOAD_CONST BINARY_OP STORE_GLOBAL JUMP_BACKWARD END_FOR POP_TOP RETURN_CONST",
    ),
    (
        "3.14",
        "RESUME LOAD_GLOBAL LOAD_FAST_BORROW CALL GET_ITER FOR_ITER STORE_FAST LOAD_GLOBAL LOAD_SMALL_INT BINARY_OP STORE_GLOBAL JUMP_BACKWARD END_FOR POP_ITER LOAD_CONST RETURN_VALUE",
    ),
    (
        "3.15",
        "RESUME LOAD_GLOBAL LOAD_FAST_BORROW CALL GET_ITER FOR_ITER STORE_FAST LOAD_GLOBAL LOAD_SMALL_INT BINARY_OP STORE_GLOBAL JUMP_BACKWARD END_FOR POP_ITER LOAD_COMMON_CONSTANT RETURN_VALUE",
    ),
    // Wrong: the addition before the load of 1.
    (
        "wrong",
        "RESUME LOAD_GLOBAL LOAD_FAST CALL GET_ITER FOR_ITER STORE_FAST LOAD_GLOBAL BINARY_OP LOAD_CONST STORE_GLOBAL JUMP_BACKWARD END_FOR POP_TOP RETURN_CONST",
    ),
];

#[test]
fn our_instructions_are_those_of_dis() {
    let program = programs::plain();
    let code = &program.functions[0];
    for (version, dis) in PLAIN {
        let dis: Vec<&str> = dis.split(' ').collect();
        let aligned = listing::align(code, &dis);
        if version == "wrong" {
            assert_eq!(aligned, Err("BINARY_OP"));
            continue;
        }
        let aligned = aligned.unwrap();
        assert_eq!(aligned.len(), dis.len());
        let at = |name| &aligned[dis.iter().position(|dis| *dis == name).unwrap()][..];
        assert_eq!((at("STORE_GLOBAL"), aligned.last().unwrap().last()), (&[10][..], Some(&13)), "{version}");
        // What is cut short has not everything.
        assert!(listing::align(code, &dis[..dis.len() - 1]).is_err(), "{version}");
    }
}

#[test]
fn the_price_counts_every_step() {
    let costs = refcount_cost::all(2, 500, Duration::from_micros(50)).unwrap();
    // Six changes a turn where the threads share what they work on, none where they do not; the rest is before and after.
    for (cost, atomic) in costs.iter().zip([["0", "0", "3004", "0", "6008", "0"], ["0", "0", "6", "0", "12", "0"]]) {
        let table = cost.table();
        let steps: Vec<&str> = table.rows.iter().map(|row| row[4].en.as_str()).collect();
        assert_eq!(steps, atomic);
        let measures = cost.measures();
        assert_eq!(measures.len(), 3 * 6);
        let wrong = measures.iter().filter(|measure| measure.id.starts_with("miscounted"));
        let wrong: Vec<f64> = wrong.map(|measure| measure.samples.iter().sum()).collect();
        assert_eq!(wrong[..5], [0.0; 5], "only with neither lock nor atomic steps may a count be wrong");
    }
}

/// The price compares two settings in which all but the way of counting is the same.
#[test]
fn a_price_is_told_only_of_what_differs_in_counting_alone() {
    let costs = refcount_cost::all(2, 200, Duration::from_micros(50)).unwrap();
    let rows = costs[0].table().rows;
    let (plain, atomic) = (&rows[refcount_cost::PRICED.0], &rows[refcount_cost::PRICED.1]);
    let (lock, counting, threads) = (0, 1, 2);
    assert_eq!((&plain[lock], &plain[threads]), (&atomic[lock], &atomic[threads]));
    assert_ne!(plain[counting], atomic[counting]);
    // The known-wrong pair, which came out as 0.74 times: there the lock differs too.
    assert_ne!(rows[0][lock], atomic[lock]);
}

#[test]
fn a_price_below_that_of_plain_counts_is_none() {
    let of = |low: usize| [[0.74].repeat(low), [1.2].repeat(9 - low)].concat();
    assert_eq!([0, 1].map(|low| refcount_cost::dearer(&of(low))), [Some(1.2); 2]);
    assert_eq!([2, 4, 9].map(|low| refcount_cost::dearer(&of(low))), [None; 3]);
    assert_eq!(refcount_cost::dearer(&[1.2; 3]), None, "too few to tell");
}
