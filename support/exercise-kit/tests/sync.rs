//! The `sync` facade: right programs come to their end, and each wrong one is found as what it is. A failing model ends its process,
//! so each of them runs in a process of its own: this program once more.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::env;
use std::process::Command;

use kit::Text;
use kit::sync::atomic::{AtomicU64, Ordering::SeqCst};
use kit::sync::{self, Arc, Condvar, Model, Mutex, Plan, Turns, explore, in_turns, thread};

/// Runs the model in a process of its own: whether it came to its end, and what it said. `None` in that process.
fn alone(test: &str, model: impl FnOnce()) -> Option<(bool, String)> {
    const CHILD: &str = "SYNC_MODEL";
    if env::var_os(CHILD).is_some() {
        model();
        return None;
    }
    let program = env::current_exe().unwrap();
    let child = Command::new(program).args([test, "--exact", "--nocapture"]).env(CHILD, "1").output().unwrap();
    Some((child.status.success(), String::from_utf8_lossy(&child.stderr).into_owned()))
}

/// The model must end its process with this in what it says.
fn found(test: &str, said: &str, model: impl FnOnce()) {
    if let Some((right, all)) = alone(test, model) {
        assert!(!right && all.contains(said), "not found as \"{said}\":\n{all}");
    }
}

/// The model must come to its end. The engine is the process's, so a right model needs one of its own as well.
fn right(test: &str, model: impl FnOnce()) {
    if let Some((right, all)) = alone(test, model) {
        assert!(right, "{all}");
    }
}

fn model(least: usize) -> Model {
    Model::new("test", least)
}

/// Two threads add one each with a read and a write.
fn two_steps() {
    explore(model(2), 1, |_| {
        let total = Arc::new(AtomicU64::new(0));
        let add = |total: &AtomicU64| total.store(total.load(SeqCst) + 1, SeqCst);
        let other = {
            let total = Arc::clone(&total);
            thread::spawn(move || add(&total))
        };
        add(&total);
        other.join().unwrap();
        assert_eq!(total.load(SeqCst), 2, "an update was lost");
    });
}

#[test]
fn a_lost_update_is_found() {
    found("a_lost_update_is_found", "panic: assertion `left == right` failed: an update was lost", two_steps);
}

#[test]
fn one_step_loses_nothing() {
    right("one_step_loses_nothing", || {
        let explored = explore(model(2), 1, |_| {
            let total = Arc::new(AtomicU64::new(0));
            let other = {
                let total = Arc::clone(&total);
                thread::spawn(move || total.fetch_add(1, SeqCst))
            };
            total.fetch_add(1, SeqCst);
            other.join().unwrap();
            assert_eq!(total.load(SeqCst), 2);
        });
        assert!(explored.complete && explored.executions >= 2, "{explored:?}");
    });
}

/// loom alone lets both threads read 0 here, which no machine does with SeqCst.
#[test]
fn sequentially_consistent_accesses_have_one_order() {
    right("sequentially_consistent_accesses_have_one_order", || {
        let explored = explore(Model { preemptions: 3, ..model(3) }, 1, |_| {
            let (x, y) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
            let other = {
                let (x, y) = (Arc::clone(&x), Arc::clone(&y));
                thread::spawn(move || {
                    x.store(1, SeqCst);
                    y.load(SeqCst)
                })
            };
            y.store(1, SeqCst);
            let seen = x.load(SeqCst);
            assert!(seen + other.join().unwrap() > 0, "neither saw the other");
        });
        assert!(explored.complete);
    });
}

type Pair = Arc<(Mutex<i64>, Mutex<i64>)>;

fn pair() -> Pair {
    Arc::new((Mutex::named(Text::same("A"), 0), Mutex::named(Text::same("B"), 0)))
}

#[test]
fn a_deadlock_is_told_with_who_holds_what() {
    found("a_deadlock_is_told_with_who_holds_what", "waits for B (held by T1)", || {
        explore(model(2), 1, |_| {
            let locks = pair();
            let other = {
                let locks = Arc::clone(&locks);
                thread::spawn(move || {
                    let _b = locks.1.lock().unwrap();
                    let _a = locks.0.lock().unwrap();
                })
            };
            {
                let _a = locks.0.lock().unwrap();
                let _b = locks.1.lock().unwrap();
            }
            other.join().unwrap();
        });
    });
}

/// Takes one, tries the other, puts back, tries again.
fn polite(first: &Mutex<i64>, second: &Mutex<i64>) {
    loop {
        let _first = first.lock().unwrap();
        if second.try_lock().is_ok() {
            return;
        }
        drop(_first);
        thread::yield_now();
    }
}

fn two_polite_ones(locks: &Pair) {
    let others = [false, true].map(|turned| {
        let locks = Arc::clone(locks);
        thread::spawn(move || if turned { polite(&locks.1, &locks.0) } else { polite(&locks.0, &locks.1) })
    });
    others.into_iter().for_each(|other| other.join().unwrap());
}

#[test]
fn a_livelock_is_found_in_turns() {
    found("a_livelock_is_found_in_turns", "livelock: every thread got its turn", || {
        in_turns(Turns { quantum: 1, lag: 0, most: 300 }, || two_polite_ones(&pair()));
    });
}

/// Why there are turns: the retry needs more preemptions than a bound allows.
#[test]
fn loom_alone_finds_no_livelock() {
    right("loom_alone_finds_no_livelock", || {
        let explored = explore(Model { tries: true, ..model(2) }, 1, |_| two_polite_ones(&pair()));
        assert!(explored.complete);
    });
}

/// How often a `try_lock` of one thread meets the lock of another.
fn failed_tries(tries: bool) -> usize {
    let failed = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let seen = Arc::clone(&failed);
    explore(Model { tries, ..model(1) }, 1, move |_| {
        let locks = pair();
        let other = {
            let locks = Arc::clone(&locks);
            thread::spawn(move || drop(locks.0.lock().unwrap()))
        };
        seen.fetch_add(usize::from(locks.0.try_lock().is_err()), SeqCst);
        other.join().unwrap();
    });
    failed.load(SeqCst)
}

#[test]
fn a_failing_try_is_explored_where_unlocks_are_steps() {
    right("a_failing_try_is_explored_where_unlocks_are_steps", || {
        assert_eq!(failed_tries(false), 0, "loom sees no order of an unlock and a try");
        assert!(failed_tries(true) > 0);
    });
}

#[test]
fn threads_that_never_meet_are_nothing_to_explore() {
    found("threads_that_never_meet_are_nothing_to_explore", "vacuous: 1 interleavings", || {
        explore(model(2), 1, |_| thread::spawn(|| ()).join().unwrap());
    });
}

/// One waits for a flag in the way that is given; the other sets it.
fn flag(plan: Plan, wait: fn(&Mutex<bool>, &Condvar)) {
    explore(model(2), 1, move |_| {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let other = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                sync::plan(plan);
                wait(&shared.0, &shared.1);
            })
        };
        *shared.0.lock().unwrap() = true;
        shared.1.notify_one();
        other.join().unwrap();
    });
}

#[test]
fn a_spurious_wake_up_is_survived_by_a_while() {
    right("a_spurious_wake_up_is_survived_by_a_while", || {
        flag(Plan { spurious: 1, ..Plan::default() }, |flag, set| {
            let mut set_now = flag.lock().unwrap();
            while !*set_now {
                set_now = set.wait(set_now).unwrap();
            }
        });
    });
}

#[test]
fn a_spurious_wake_up_is_not_survived_by_an_if() {
    found("a_spurious_wake_up_is_not_survived_by_an_if", "panic: woken for nothing", || {
        flag(Plan { spurious: 1, ..Plan::default() }, |flag, set| {
            let mut set_now = flag.lock().unwrap();
            if !*set_now {
                set_now = set.wait(set_now).unwrap();
            }
            assert!(*set_now, "woken for nothing");
        });
    });
}

#[test]
fn a_sleep_is_no_wait() {
    found("a_sleep_is_no_wait", "livelock: after", || {
        flag(Plan::default(), |flag, _| {
            while !*flag.lock().unwrap() {
                thread::sleep(std::time::Duration::from_millis(1));
            }
        });
    });
}
