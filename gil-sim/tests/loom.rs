//! The proof of the shipped locks: the files of `src/lock` themselves, with loom's parts in the place of std's.
//!
//! In every execution: no two threads hold a lock at once, and everyone who wants it gets it. Of the locks with a request also:
//! whoever lets go on request does not come back first, nobody is asked for what was asked of another, and nobody waits for a
//! thread that gave up. What a bound leaves out is not proved; each model says its bound. `support/planted` shows that these same
//! models find bugs.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::time::Duration;

mod model;
use loom as checker;
use model::models::{Far, blocking_call, busy_holder, gives_up, in_and_out, next_holder, ticking};
use model::sync;
#[path = "../src/lock/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the models do not use every part of the shipped locks")]
mod lock;
use lock::{AddressedGil, Gil, MutexAndCondvar, SemaphoreLock, Ticks};

fn gil() -> Gil {
    Gil::new(Duration::from_millis(5))
}

fn addressed() -> AddressedGil {
    AddressedGil::new(Duration::from_millis(5))
}

/// Python 2 with a check interval of one: every other look lets go.
fn semaphore() -> Ticks<SemaphoreLock> {
    Ticks::new(1)
}

fn condvar() -> Ticks<MutexAndCondvar> {
    Ticks::new(1)
}

#[test]
fn two_threads() {
    in_and_out(Far("3.2, 2 threads, once each", None, 10), gil, 2, 1);
    in_and_out(Far("3.2, 2 threads, twice each", None, 180), gil, 2, 2);
    in_and_out(Far("3.13, 2 threads, twice each", None, 180), addressed, 2, 2);
}

#[test]
fn three_threads() {
    in_and_out(Far("3.2, 3 threads, once each", None, 1_800), gil, 3, 1);
    in_and_out(Far("3.2, 3 threads, twice each", Some(3), 2_700), gil, 3, 2);
    in_and_out(Far("3.13, 3 threads, once each", None, 1_800), addressed, 3, 1);
}

#[test]
fn four_threads() {
    in_and_out(Far("3.2, 4 threads, once each", Some(3), 15_000), gil, 4, 1);
    in_and_out(Far("3.13, 4 threads, once each", Some(3), 15_000), addressed, 4, 1);
}

#[test]
fn a_busy_holder_and_one_who_asks() {
    busy_holder(Far("3.2, busy holder, 1 turn, 1 requester", None, 2_000), gil, 1, 1);
    busy_holder(Far("3.2, busy holder, 2 turns, 1 requester", None, 12_000), gil, 2, 1);
    busy_holder(Far("3.13, busy holder, 1 turn, 1 requester", None, 4_700), addressed, 1, 1);
    busy_holder(Far("3.13, busy holder, 2 turns, 1 requester", None, 29_000), addressed, 2, 1);
}

#[test]
fn a_busy_holder_and_two_who_ask() {
    busy_holder(Far("3.2, busy holder, 1 turn, 2 requesters", Some(3), 70_000), gil, 1, 2);
    busy_holder(Far("3.2, busy holder, 2 turns, 2 requesters", Some(2), 11_000), gil, 2, 2);
}

#[test]
fn a_busy_holder_and_two_who_ask_by_name() {
    busy_holder(Far("3.13, busy holder, 1 turn, 2 requesters", Some(3), 87_000), addressed, 1, 2);
    busy_holder(Far("3.13, busy holder, 2 turns, 2 requesters", Some(2), 12_000), addressed, 2, 2);
}

#[test]
fn a_request_does_not_hit_the_next_holder() {
    next_holder(Far("3.2, next holder", Some(4), 4_100), gil);
    next_holder(Far("3.13, next holder", Some(4), 4_400), addressed);
}

#[test]
fn a_blocking_call_lets_others_in() {
    blocking_call(Far("3.2, blocking call beside a thread that asks", Some(4), 10_000), gil);
    blocking_call(Far("3.13, blocking call beside a thread that asks", Some(4), 17_000), addressed);
}

#[test]
fn nobody_waits_for_a_thread_that_gave_up() {
    gives_up(Far("3.2, a daemon gives up", None, 14_000), gil, Gil::take_unless, 1, 0);
    gives_up(Far("3.2, a daemon gives up beside a waiter", Some(3), 15_000), gil, Gil::take_unless, 1, 1);
    gives_up(Far("3.13, a daemon gives up", None, 34_000), addressed, AddressedGil::take_unless, 1, 0);
    gives_up(
        Far("3.13, a daemon gives up beside a waiter", Some(3), 17_000),
        addressed,
        AddressedGil::take_unless,
        1,
        1,
    );
}

#[test]
fn python_2_with_a_semaphore() {
    in_and_out(Far("2.7 semaphore, 3 threads, once each", None, 8_500), semaphore, 3, 1);
    ticking(Far("2.7 semaphore, 2 threads, 3 turns", None, 6_300), semaphore, 2, 3);
    ticking(Far("2.7 semaphore, 3 threads, 2 turns", Some(3), 3_900), semaphore, 3, 2);
}

#[test]
fn python_2_with_a_condition_variable() {
    in_and_out(Far("2.7 condvar, 3 threads, once each", None, 8_500), condvar, 3, 1);
    ticking(Far("2.7 condvar, 2 threads, 3 turns", None, 6_300), condvar, 2, 3);
    ticking(Far("2.7 condvar, 3 threads, 2 turns", Some(3), 3_900), condvar, 3, 2);
}

/// The proof is worth nothing if a file could use a lock that loom does not see.
#[test]
fn the_locks_are_made_of_nothing_else() {
    let from_std = ["use std::sync::atomic::Ordering::Relaxed;", "use std::time::Duration;"];
    let modules =
        ["crate", "super", "sync", "held", "py2", "py32", "py313", "free_threaded", "semaphore", "unpoisoned"];
    for (file, source) in [
        ("mod", include_str!("../src/lock/mod.rs")),
        ("held", include_str!("../src/lock/held.rs")),
        ("py32", include_str!("../src/lock/py32.rs")),
        ("py313", include_str!("../src/lock/py313.rs")),
        ("py2", include_str!("../src/lock/py2.rs")),
        ("free_threaded", include_str!("../src/lock/free_threaded.rs")),
        ("semaphore", include_str!("../src/sync/semaphore.rs")),
    ] {
        let ours: String =
            source.lines().filter(|line| !from_std.contains(line)).map(|line| format!("{line}\n")).collect();
        assert!(!ours.contains("use std") && !ours.contains("extern crate"), "{file}.rs imports something else");
        // Whatever stands before a `::` is one of our modules, or a type.
        let paths: Vec<&str> = ours.split("::").collect();
        for before in &paths[..paths.len() - 1] {
            let name = before.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
            let of_ours = modules.contains(&name) || name.is_empty() || name.starts_with(char::is_uppercase);
            assert!(of_ours, "{file}.rs uses something of {name}");
        }
    }
}
