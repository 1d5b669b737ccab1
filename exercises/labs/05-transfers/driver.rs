//! Runs a scenario of lab 05: transfers between accounts whose locks are recorded.

use std::collections::{BTreeMap, BTreeSet};

use kit::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use kit::sync::{self, Arc, Change, Model, Mutex, Step, Turns, thread};
use kit::{Run, json, text};

use crate::submission::{Account, transfer};

/// Runs one scenario.
pub fn run(scenario: &str, run: &Run) {
    match scenario {
        "cover" => cover(run),
        "meet" => meet(run),
        "order" => order(run),
        "polite" => polite(run),
        "apart" => apart(run),
        "itself" => itself(run),
        "threads" => threads(run),
        other => panic!("there is no scenario '{other}'"),
    }
}

fn bank<const N: usize>(balances: [i64; N]) -> Arc<Vec<Account>> {
    let account = |(n, balance)| Mutex::named(text!("계좌 {n}", "account {n}"), balance);
    Arc::new(balances.into_iter().enumerate().map(account).collect())
}

fn balances(accounts: &[Account]) -> Vec<i64> {
    accounts.iter().map(|account| *account.lock().unwrap()).collect()
}

/// One call of the submission, with a note at both ends.
fn call(accounts: &[Account], from: usize, to: usize, amount: i64) -> bool {
    sync::note("송금", "transfer", Change::From(from as i64, to as i64));
    let moved = transfer(accounts, from, to, amount);
    sync::note("반환", "returns", Change::Worked(moved));
    moved
}

fn model(name: &'static str) -> Model {
    Model { tries: true, ..Model::new(name, 2) }
}

/// Fails with what was seen beside what should have been.
fn compare(run: &Run, seen: &[i64], allowed: &[i64]) {
    if seen != allowed {
        run.fact("balances", seen.to_vec());
        run.fact("allowed", allowed.to_vec());
        panic!("balances {seen:?} instead of {allowed:?}");
    }
}

/// Two who want the same 100, of which there are 100.
fn cover(run: &Run) {
    let recording = run.clone();
    let explored = sync::explore(model("two transfers, cover for one"), 1, move |_| {
        let accounts = bank([100, 0]);
        let other = {
            let accounts = Arc::clone(&accounts);
            thread::spawn(move || call(&accounts, 0, 1, 100))
        };
        let mine = call(&accounts, 0, 1, 100);
        let moved = i64::from(mine) + i64::from(other.join().unwrap());
        if moved != 1 {
            recording.fact("moved", moved);
            panic!("{moved} transfers were made, and there was cover for one");
        }
        compare(&recording, &balances(&accounts), &[0, 100]);
    });
    run.fact("executions", explored.executions);
}

/// There and back at the same time.
fn meet(run: &Run) {
    let recording = run.clone();
    let explored = sync::explore(model("there and back at once"), 1, move |_| {
        let accounts = bank([100, 100]);
        let other = {
            let accounts = Arc::clone(&accounts);
            thread::spawn(move || call(&accounts, 1, 0, 30))
        };
        let mine = call(&accounts, 0, 1, 10);
        let theirs = other.join().unwrap();
        if !(mine && theirs) {
            recording.fact("refused", true);
            panic!("a transfer with cover was refused");
        }
        compare(&recording, &balances(&accounts), &[120, 80]);
    });
    run.fact("executions", explored.executions);
}

/// One transfer after another: in which order each locks is seen without anybody in its way.
fn order(run: &Run) {
    run.title(text!("송금을 차례로 하나씩", "one transfer after another"));
    sync::real(run, || {
        let accounts = bank([100, 100, 100]);
        for (from, to) in [(0, 1), (1, 0), (1, 2), (2, 0), (2, 1), (0, 2)] {
            call(&accounts, from, to, 30);
        }
    });
    run.fact("order", sync::log(|log| json!(log.order())));
    sync::log(|log| log.table().into_iter().for_each(|step| run.step(&step.thread, step.what)));
}

/// Two who are equally fast, one step each in turn.
fn polite(run: &Run) {
    let mut steps = Vec::new();
    for (quantum, lag) in [(1, 0), (1, 1), (1, 2), (1, 3), (2, 0), (2, 1), (3, 0), (3, 1)] {
        let took = sync::in_turns(Turns { quantum, lag, most: 300 }, || {
            let accounts = bank([100, 100]);
            let pair = [(0, 1), (1, 0)].map(|(from, to)| {
                let accounts = Arc::clone(&accounts);
                thread::spawn(move || call(&accounts, from, to, 10))
            });
            pair.into_iter().for_each(|thread| assert!(thread.join().unwrap(), "a transfer with cover was refused"));
        });
        steps.push(took.steps);
    }
    run.fact("steps", steps);
}

/// Two transfers that have no account in common.
fn apart(run: &Run) {
    sync::in_turns(Turns { quantum: 1, lag: 0, most: 300 }, || {
        let accounts = bank([100, 100, 100, 100, 100]);
        let pair = [(1, 2), (3, 4)].map(|(from, to)| {
            let accounts = Arc::clone(&accounts);
            thread::spawn(move || call(&accounts, from, to, 10))
        });
        pair.into_iter().for_each(|thread| assert!(thread.join().unwrap(), "a transfer with cover was refused"));
    });
    sync::log(|log| {
        let locked = |thread| -> BTreeSet<usize> {
            let of = log.steps().iter().filter(|step| step.thread == thread);
            of.filter(|step| matches!(step.operation, "lock" | "try_lock")).filter_map(|step| step.object).collect()
        };
        // The accounts were made first: their numbers are those of their locks.
        run.fact("common", locked(1).intersection(&locked(2)).copied().collect::<Vec<_>>());
        run.fact("locked", locked(1).len().min(locked(2).len()));
        log.table().into_iter().for_each(|step| run.step(&step.thread, step.what));
    });
}

/// From an account to itself.
fn itself(run: &Run) {
    let recording = run.clone();
    sync::in_turns(Turns { quantum: 1, lag: 0, most: 300 }, move || {
        let accounts = bank([100, 100]);
        let moved = [call(&accounts, 1, 1, 40), call(&accounts, 1, 1, 101)];
        recording.fact("moved", moved.to_vec());
        compare(&recording, &balances(&accounts), &[100, 100]);
    });
}

/// Real threads, all in one direction, so that any order of locks comes to its end.
fn threads(run: &Run) {
    run.title(text!("송금하는 스레드 셋", "three threads that transfer"));
    sync::real(run, || {
        let accounts = bank([1_000, 1_000, 1_000, 1_000]);
        let here = Arc::new(AtomicUsize::new(0));
        let workers: Vec<_> = (0..3)
            .map(|n| {
                let (accounts, here) = (Arc::clone(&accounts), Arc::clone(&here));
                thread::spawn(move || {
                    here.fetch_add(1, SeqCst);
                    (0..20).filter(|_| call(&accounts, n, n + 1, 5)).count()
                })
            })
            .collect();
        let moved: usize = workers.into_iter().map(|worker| worker.join().unwrap()).sum();
        run.fact("moved", moved);
        run.fact("balances", balances(&accounts));
    });
    sync::log(|log| run.fact("held", held(log.steps())));
}

/// For each call that moved something: how many locks its thread held at once.
fn held(steps: &[Step]) -> Vec<usize> {
    // (locks held, the most of them, whether it is in a call)
    let mut of: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    let mut calls = Vec::new();
    for step in steps {
        let (now, most) = of.entry(step.thread).or_default();
        match (step.operation, step.value) {
            ("transfer", _) => *most = 0,
            ("try_lock", Change::Worked(false)) => (),
            ("lock" | "try_lock", _) => {
                *now += 1;
                *most = (*most).max(*now);
            }
            ("unlock", _) => *now = now.saturating_sub(1),
            ("returns", Change::Worked(true)) => calls.push(*most),
            _ => (),
        }
    }
    calls
}
