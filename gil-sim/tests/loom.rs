//! The proof of the shipped lock: the file `src/gil.rs` itself, with loom's parts in the place of std's.
//!
//! In every execution: no two threads hold the lock at once, everyone who wants it gets it, and whoever lets go on request does
//! not come back first. What a bound leaves out is not proved; each model says its bound. `tests/planted.rs` shows that these
//! same models find bugs.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod model;
use model::sync;
#[path = "../src/gil.rs"]
#[allow(dead_code, reason = "the models do not use every part of the shipped lock")]
mod gil;

models!(crate::gil);

#[test]
fn two_threads_once() {
    in_and_out("2 threads, once each", 2, 1, None, 10);
}

#[test]
fn two_threads_twice() {
    in_and_out("2 threads, twice each", 2, 2, None, 190);
}

#[test]
fn three_threads() {
    in_and_out("3 threads, once each", 3, 1, None, 1_900);
}

#[test]
fn three_threads_twice() {
    in_and_out("3 threads, twice each", 3, 2, Some(2), 400);
}

#[test]
fn four_threads() {
    in_and_out("4 threads, once each", 4, 1, Some(2), 1_700);
}

#[test]
fn a_busy_holder_and_one_who_asks() {
    busy_holder("busy holder, 1 turn, 1 requester", 1, 1, None, 15_000);
    busy_holder("busy holder, 2 turns, 1 requester", 2, 1, Some(3), 2_000);
}

#[test]
fn a_busy_holder_and_two_who_ask() {
    busy_holder("busy holder, 2 requesters", 2, 2, Some(2), 30_000);
}

#[test]
fn a_blocking_call_lets_others_in() {
    blocking_call("blocking call beside a thread that asks", Some(3), 3_500);
}

/// The proof is worth nothing if the file could use a lock that loom does not see.
#[test]
fn the_lock_is_made_of_nothing_else() {
    let source = include_str!("../src/gil.rs");
    let uses: Vec<&str> = source.lines().filter(|line| line.trim_start().starts_with("use ")).collect();
    let allowed = [
        "use std::sync::atomic::Ordering::Relaxed;",
        "use std::time::Duration;",
        "use crate::sync::{AtomicBool, AtomicU64, Condvar, Mutex};",
    ];
    assert_eq!(uses, allowed);
    assert_eq!(source.matches("std::").count(), 2, "and no path to std in the code");
}
