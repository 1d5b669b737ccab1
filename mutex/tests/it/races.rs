//! What may come out and what may not, each check beside a lock that is none and must be caught.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use lab::claims::Outcome::{DoesNotHold, Holds, NotMeasured};
use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::{Measure, Report, Unit};
use lab::trace::State;
use mutex::counter_variant::{CounterVariant, PROTECTED};
use mutex::experiments::counter::{critical_section as critical, litmus, race, report as verdicts, variants};
use mutex::outcomes::{Class, Tally, classify};

/// A "lock" that excludes nobody: all of its threads load before any of them stores, in every turn and on every machine.
fn fake_lock(threads: usize) -> CounterVariant {
    let shared = (AtomicU64::new(0), Barrier::new(threads));
    let add = |(counter, all_loaded): &(AtomicU64, Barrier)| {
        let seen = counter.load(Relaxed);
        all_loaded.wait();
        counter.store(seen + 1, Relaxed);
    };
    CounterVariant::new(("fake_lock", "a fake lock"), PROTECTED, shared, add, |(counter, _)| counter.swap(0, Relaxed))
}

fn fixed() -> Vec<CounterVariant> {
    variants().into_iter().filter(CounterVariant::protects).collect()
}

#[test]
fn every_variant_has_a_class_for_every_outcome() {
    let variants = variants();
    let names: Vec<&str> = variants.iter().map(|v| v.name).collect();
    assert_eq!(names, ["load_then_store", "std_mutex", "parking_lot_mutex", "sharded_lock", "fetch_add"]);
    for v in &variants {
        let classes = [0, 1, 2, 3].map(|value| classify(v.outcomes, &value.to_string()).map(|outcome| outcome.class));
        let lost = if v.name == "load_then_store" { Class::Interesting } else { Class::Forbidden };
        assert_eq!(classes, [Class::Forbidden, lost, Class::Acceptable, Class::Forbidden].map(Some), "{}", v.name);
    }
}

#[test]
fn locks_show_only_what_is_allowed_and_a_fake_lock_is_caught() {
    for variant in fixed() {
        let seen = litmus::run(&variant, 3_000).unwrap();
        seen.check().unwrap();
    }
    let fake = fake_lock(2);
    let seen = litmus::run(&fake, 50).unwrap();
    assert_eq!(seen.seen("1"), seen.rounds(), "every round loses one");
    let error = seen.check().unwrap_err();
    assert_eq!(error.code(), 1);
    for line in [&error.text().ko, &error.text().en] {
        assert!(line.contains("fake_lock") && !line.contains('\n'), "{line}");
    }
}

fn tally(variant: &CounterVariant, seen: &[(&'static str, u64)]) -> Tally {
    let mut tally = Tally::new(variant.name, variant.outcomes);
    seen.iter().for_each(|(id, times)| tally.add(*id, *times));
    tally
}

#[test]
fn a_lost_update_without_a_lock_is_no_failure_but_nonsense_is() {
    let broken = &variants()[0];
    tally(broken, &[("2", 9), ("1", 1)]).check().unwrap();
    tally(broken, &[("2", 9)]).check().unwrap();
    for nonsense in ["0", "3"] {
        assert!(tally(broken, &[("2", 9), (nonsense, 1)]).check().is_err(), "{nonsense}");
    }
}

#[test]
fn the_table_counts_every_round_once() {
    let broken = &variants()[0];
    let table = litmus::table(&[tally(broken, &[("2", 5), ("1", 4), ("0", 2), ("3", 1)])]);
    let counts: Vec<&str> = table.rows.iter().map(|row| row[3].en.as_str()).collect();
    assert_eq!(counts, ["5", "4", "3"]);
}

#[test]
fn fixed_variants_are_exact_and_a_fake_lock_is_not() {
    // Long enough that a lock which is let go of between load and store is caught wherever threads take turns.
    const TURNS: u64 = 200_000;
    for variant in fixed() {
        for _ in 0..3 {
            let race = race::run(&variant, 8, TURNS).unwrap();
            assert_eq!((race.made, race.lost), (8 * TURNS, 0), "{}", variant.name);
            race::check(&variant, &[race]).unwrap();
        }
    }
    // All eight load the same value in every turn: seven of eight updates are overwritten.
    let fake = fake_lock(8);
    let race = race::run(&fake, 8, 100).unwrap();
    assert_eq!((race.made, race.lost), (800, 700));
    assert_eq!(race::check(&fake, &[race]).unwrap_err().code(), 1);
    race::check(&variants()[0], &[race]).unwrap(); // to lose without a lock is no failure
}

#[test]
fn behind_the_mutex_one_at_a_time() {
    let fixed = critical::fixed().unwrap();
    assert_eq!(fixed.lanes.len(), 4);
    assert!(fixed.is_serial(State::Running));
    assert!((0..4).all(|lane| fixed.waits(lane, State::WaitingForLock).count == 5), "five turns each");
    // The known-wrong twin: both are inside until both are inside.
    let both_inside = Barrier::new(2);
    let wrong = critical::record(2, 3, |lane| {
        lane.enter(State::WaitingForLock);
        lane.enter(State::Running);
        both_inside.wait();
        lane.leave();
    });
    assert!(!wrong.unwrap().is_serial(State::Running));
}

#[test]
fn the_verdict_is_what_was_seen() {
    let (broken, fake) = (&variants()[0], &fake_lock(2));
    let whole = race::Race { made: 10, lost: 0, wall: 1 };
    let torn = race::Race { lost: 3, ..whole };
    let (calm, collided): (&[_], &[_]) = (&[("2", 9)], &[("2", 8), ("1", 1)]);
    for (variant, seen, race, outcome) in [
        (broken, calm, torn, Some(Holds)),
        (broken, collided, whole, Some(Holds)),
        // That nothing was lost in these runs does not contradict that it may be.
        (broken, calm, whole, None),
        (fake, calm, whole, Some(Holds)),
        (fake, calm, torn, Some(DoesNotHold)),
        (fake, collided, whole, Some(DoesNotHold)),
    ] {
        let verdict = verdicts::judge(variant, &tally(variant, seen), &[race, whole]);
        match outcome {
            Some(outcome) => assert_eq!(verdict.outcome, outcome, "{}: {seen:?} {race:?}", variant.name),
            None => assert!(matches!(verdict.outcome, NotMeasured(_)), "{verdict:?}"),
        }
        assert!(verdict.about().is_some());
    }
}

#[test]
fn the_twin_is_judged_by_what_it_lost() {
    let python =
        Interpreter { path: "python3".into(), implementation: "CPython".into(), version: [3, 11, 7], gil: Some(true) };
    let twin = |lock: f64, call: f64| {
        let share = |id: &str, one: f64| Measure::new(id, Text::same(id), Unit::Share, vec![0.0, one]);
        Report { measures: vec![share("lost_share.lock", lock), share("lost_share.call", call)], ..Report::default() }
    };
    let outcomes = |twin: &Report| -> Vec<_> {
        mutex::claims::judge_twin(&python, twin).into_iter().map(|verdict| verdict.outcome).collect()
    };
    assert_eq!(outcomes(&twin(0.0, 0.4)), [Holds, Holds]);
    assert_eq!(outcomes(&twin(0.1, 0.4)), [DoesNotHold, Holds]);
    assert!(matches!(outcomes(&twin(0.0, 0.0))[..], [Holds, NotMeasured(_)]));
    assert!(outcomes(&Report::default()).iter().all(|outcome| matches!(outcome, NotMeasured(_))));
}
