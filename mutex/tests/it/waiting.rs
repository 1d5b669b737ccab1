//! What waits for what: deadlock, buffers, readers and writers, fairness, awaits. Each check beside a program that must fail it.

use std::sync::Barrier;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use lab::lang::Text;
use lab::trace::{Lane, Span, State, Trace};
use mutex::experiments::across_await;
use mutex::experiments::bounded_buffer::buffer::Buffer;
use mutex::experiments::bounded_buffer::channels::{self as passage, Crossbeam, Passage, RIGHT, Size, WITH_IF, While};
use mutex::experiments::deadlock::{self, from_first, lower_first};
use mutex::experiments::fairness::locks::{Contender, contenders};
use mutex::experiments::fairness::{self, Treatment};
use mutex::experiments::philosophers::table::{Rule, Table};
use mutex::experiments::philosophers::{self, Dinner};
use mutex::experiments::rwlock::{self, cache};
use mutex::outcomes::{Outcome, Tally};

fn seen(lines: &'static [Outcome], id: &'static str) -> Tally {
    let mut tally = Tally::new("tested", lines);
    tally.add(id, 1);
    tally
}

#[test]
fn two_orders_deadlock_and_one_order_does_not() {
    let [(_, _, broken), (_, _, fixed)] = deadlock::VARIANTS;
    // Both hold their first lock before either asks for its second.
    let both_hold_one = Barrier::new(2);
    let think = || {
        both_hold_one.wait();
    };
    let wait_together = |patience| {
        let (trace, outcome) = deadlock::round("broken", from_first, &think, Duration::from_millis(patience)).unwrap();
        assert_eq!(outcome, "stuck");
        trace.overlap(0, 1, State::WaitingForLock) > 0
    };
    // On a busy machine one may have given up before the other asks.
    assert!([50, 500, 5000].into_iter().any(wait_together), "they wait at the same time");
    assert!(seen(broken, "stuck").check().is_ok());
    assert_eq!(seen(fixed, "stuck").check().unwrap_err().code(), 1, "where it is impossible, it is a failure");

    // With one order the patience is never used up, however long it is.
    for _ in 0..20 {
        let (trace, outcome) = deadlock::round("fixed", lower_first, &thread::yield_now, Duration::MAX).unwrap();
        assert_eq!(outcome, "done");
        assert!(trace.is_serial(State::Running), "whoever holds the first lock keeps the other out");
    }
}

#[test]
fn an_outcome_that_no_line_names_is_forbidden() {
    let [(_, _, lines), _] = deadlock::VARIANTS;
    let error = seen(lines, "surprise").check().unwrap_err();
    assert!(error.text().en.contains("surprise") && !error.text().ko.contains('\n'), "{error}");
    assert!(seen(lines, "torn").check().is_err());
}

#[test]
fn philosophers_who_are_proved_right_all_eat() {
    for rule in [Rule::LowerFirst, Rule::OneLess] {
        let table = Table::new(4);
        thread::scope(|scope| {
            for seat in 0..4 {
                let table = &table;
                scope.spawn(move || (0..50).for_each(|_| table.dine(seat, rule, thread::yield_now)));
            }
        });
        assert_eq!((table.used(), table.put_back()), (vec![100; 4], 0), "each fork serves two seats");
    }
}

#[test]
fn standing_still_is_a_failure_of_the_right_rules_only() {
    let still = Dinner { eaten: 3, put_back: 0 };
    for rule in Rule::ALL {
        assert!(philosophers::check(rule, Dinner { eaten: 10, ..still }, 10).is_ok());
        let right = [Rule::LowerFirst, Rule::OneLess].contains(&rule);
        assert_eq!(philosophers::check(rule, still, 10).is_err(), right, "{rule:?}");
    }
    assert_eq!(Rule::ALL.map(|rule| (rule.name(), rule)), <Rule as lab::cli::Choice>::WORDS);
}

const SMALL: Size = Size { producers: 2, consumers: 3, items: 300, capacity: 2 };

/// Gives one item twice, and another never: as many as went in, and still wrong.
struct Twice(Buffer<u64>);

impl Passage for Twice {
    fn put(&self, item: u64) -> usize {
        self.0.put(item)
    }
    fn take(&self) -> Option<u64> {
        self.0.take().map(|item| if item == 7 { 8 } else { item })
    }
}

#[test]
fn every_item_comes_once_and_there_is_never_more_than_room() {
    let passages: [(&'static str, &dyn Passage); 2] =
        [("while", &While(Buffer::new(2))), ("crossbeam", &Crossbeam::new(2))];
    for (name, passage) in passages {
        let moved = passage::through(name, RIGHT, passage, SMALL).unwrap();
        assert_eq!(["once", "nothing", "lost"].map(|id| moved.tally.seen(id)), [600, 0, 0]);
        assert!((1..=2).contains(&moved.fullest), "{name}: {}", moved.fullest);
        moved.tally.check().unwrap();
    }
    // With `if` nothing is lost either: whoever wakes for nothing comes again.
    let moved = passage::through("if", WITH_IF, &passage::If(Buffer::new(2)), SMALL).unwrap();
    assert_eq!((moved.tally.seen("once"), moved.tally.seen("lost")), (600, 0));
    moved.tally.check().unwrap();
    // The known-wrong twin.
    let wrong = Twice(Buffer::new(2));
    let moved = passage::through("twice", RIGHT, &wrong, SMALL).unwrap();
    assert_eq!(moved.tally.seen("lost"), 2, "one is missing, one came twice");
    assert!(moved.tally.check().is_err());
}

#[test]
fn who_does_not_look_again_computes_twice() {
    let both_have_looked = Barrier::new(2);
    let between = || {
        both_have_looked.wait();
    };
    assert_eq!(cache::ask_twice(cache::check_then_write, &between).unwrap(), "twice");
    assert_eq!(cache::ask_twice(cache::check_again, &between).unwrap(), "once");
    // Two upgradable readers cannot both have looked: the barrier would never open.
    assert_eq!(cache::ask_twice(cache::upgrade, &thread::yield_now).unwrap(), "once");
    let [(_, _, broken), (_, _, fixed), _] = cache::VARIANTS;
    assert!(seen(broken, "twice").check().is_ok() && seen(fixed, "twice").check().is_err());
    assert!(seen(fixed, "never").check().is_err());
}

/// Whether a reader was in while the writer was.
fn mixed(trace: &Trace) -> bool {
    let writes = trace.lanes[3].spans.iter().filter(|span| span.state == State::Running);
    let reads = trace.lanes[..3].iter().flat_map(|lane| &lane.spans).filter(|s| s.state == State::WaitingForIo);
    let reads: Vec<&Span> = reads.collect();
    writes.into_iter().any(|write| reads.iter().any(|read| read.start < write.end && write.start < read.end))
}

#[test]
fn readers_come_together_and_a_writer_alone() {
    let a_while = || thread::sleep(Duration::from_millis(1));
    for kind in rwlock::kinds() {
        let trace = rwlock::pictured(&kind, 10, &a_while).unwrap();
        assert!(trace.is_serial(State::Running) && !mixed(&trace), "{}", kind.name);
        if kind.name == "std_mutex" {
            assert!(trace.is_serial(State::WaitingForIo));
            continue;
        }
        // Two readers meet inside. Behind a mutex they never would.
        let (meet, around) = (Barrier::new(2), &kind.read);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    around(&mut || {
                        meet.wait();
                    })
                });
            }
        });
    }
    // The known-wrong twin: a lock that lets everybody in, and all are in until all are in.
    let all_inside = Barrier::new(4);
    let open = || Box::new(|inside: &mut dyn FnMut()| inside());
    let open = rwlock::Kind { name: "open", read: open(), write: open() };
    let inside = || {
        all_inside.wait();
        thread::sleep(Duration::from_millis(1));
        all_inside.wait();
    };
    assert!(mixed(&rwlock::pictured(&open, 1, &inside).unwrap()));
}

fn lane(spans: &[(State, u64, u64)]) -> Lane {
    let spans = spans.iter().map(|&(state, start, end)| Span { state, start, end }).collect();
    Lane { name: Text::default(), spans }
}

#[test]
fn who_is_passed_by_is_read_off_the_lanes() {
    use State::{Running, WaitingForLock};
    let greedy = lane(&[(Running, 0, 10), (Running, 11, 20), (Running, 21, 30), (Running, 41, 50)]);
    let starved = lane(&[(WaitingForLock, 5, 31), (Running, 31, 40)]);
    let treatment = Treatment::of(&Trace::new(Text::default(), vec![greedy, starved]), 40);
    assert_eq!(treatment, Treatment { turns: vec![3, 1], longest: 26, passed_by: vec![2] });
    assert_eq!((treatment.ratio(), treatment.unfair()), (3.0, 1.0));
}

#[test]
fn a_queue_lets_nobody_pass_and_a_greedy_lock_does() {
    // Whether anyone waited for more than one turn of the other. Lasting and section, in ms.
    let anyone_is_passed_by = |contender: &Contender, (lasting, section): (u64, u64)| {
        let [lasting, section] = [lasting, section].map(Duration::from_millis);
        let (trace, treatment) = fairness::watch(contender, 2, lasting, section).unwrap();
        assert!(trace.is_serial(State::Running), "{}", contender.id);
        treatment.passed_by.iter().any(|passed| *passed > 1)
    };
    // On a busy machine a thread may say that it waits and have no core for some ms before it stands in the queue: then sections must be
    // longer than that. Behind a lock that is not fair a thread is passed by, however long they are.
    let times = [(150, 2), (600, 20), (2_000, 100), (6_000, 500)];
    for contender in contenders().iter().filter(|contender| contender.fair) {
        assert!(times.into_iter().any(|times| !anyone_is_passed_by(contender, times)), "{}", contender.id);
    }
    // The known-wrong twin: whoever finds it taken comes back much later, and whoever let go takes it again.
    let taken = Mutex::new(());
    let greedy = Contender::new(("greedy", "greedy", true), move |inside| {
        loop {
            if let Ok(_held) = taken.try_lock() {
                return inside();
            }
            thread::sleep(Duration::from_millis(40));
        }
    });
    assert!((0..20).any(|_| anyone_is_passed_by(&greedy, times[0])));
}

#[test]
fn a_lock_over_an_await_stops_the_thread_unless_it_is_tokios() {
    let outcomes =
        across_await::VARIANTS.map(|(name, _)| across_await::watch(name, Duration::from_millis(60)).unwrap());
    assert_eq!(outcomes.each_ref().map(|seen| seen.outcome), ["stuck", "done", "done"]);
    let [broken, _, tokio] = &outcomes;
    assert!(
        broken.trace.lanes[0].time_in(State::WaitingForIo) >= 60_000_000,
        "it cannot wake while the thread is blocked"
    );
    assert!(tokio.ticks > 0, "the thread goes on while a task waits");
    assert!(tokio.trace.is_serial(State::WaitingForIo), "one holder at a time");
    let [(_, lines), (_, fixed), _] = across_await::VARIANTS;
    assert!(seen(lines, "stuck").check().is_ok() && seen(fixed, "stuck").check().is_err());
}
