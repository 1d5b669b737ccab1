//! The proofs: the files of `src` themselves, with loom's parts in the place of std's, in every order that loom knows (or up to the
//! bound that a model states). `support/planted` shows that these same models find bugs.
//!
//! A spin lock waits by looking again and again. loom lets another go on at each vain look (`sync::relax`), but with two who look
//! in vain it may choose those two for ever: with three threads these models must bound the preemptions.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

#[allow(dead_code, reason = "some of it is for bugs only")]
mod model;
#[allow(dead_code, reason = "some of it is for bugs only")]
mod models;
use model::sync;
#[path = "../src/experiments/bounded_buffer/buffer.rs"]
#[allow(dead_code, reason = "the models do not use every part")]
mod buffer;
#[path = "../src/experiments/philosophers/table.rs"]
#[allow(dead_code, reason = "the models do not use every part")]
mod dinner;
#[path = "../src/locks/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the models do not use every part")]
mod locks;

use dinner::Rule;
use locks::{SpinLock, TicketLock};
use model::explore;
use models::{buffered, counted, dinner as dine};

#[test]
fn the_spin_lock_keeps_others_out() {
    explore("spin lock, 2 threads, twice each", None, 150, || counted::<SpinLock>(2, 2));
    explore("spin lock, 2 threads, 3 times each", None, 3_500, || counted::<SpinLock>(2, 3));
    explore("spin lock, 3 threads, twice each", Some(1), 20, || counted::<SpinLock>(3, 2));
}

#[test]
fn the_ticket_lock_keeps_others_out() {
    explore("ticket lock, 2 threads, twice each", None, 660, || counted::<TicketLock>(2, 2));
    explore("ticket lock, 2 threads, 3 times each", None, 38_000, || counted::<TicketLock>(2, 3));
    explore("ticket lock, 3 threads, twice each", Some(1), 800, || counted::<TicketLock>(3, 2));
}

#[test]
fn the_buffer_gives_every_item_once() {
    explore("buffer of 1, 1 producer, 1 consumer, 2 items", None, 108, || buffered(1, 1, 2));
    explore("buffer of 1, 2 producers, 1 consumer", None, 5_900, || buffered(2, 1, 1));
    explore("buffer of 1, 2 producers, 2 consumers", Some(2), 3_200, || buffered(2, 2, 1));
}

/// Every order of lower-first and of one-less comes to its end with every meal eaten: no deadlock, or loom would say so; no
/// livelock, or an execution would have no end.
#[test]
fn the_right_rules_have_neither_deadlock_nor_livelock() {
    explore("lower-first, 3 seats, once each", None, 79, || dine(Rule::LowerFirst, 3, 1));
    explore("lower-first, 2 seats, twice each", None, 19, || dine(Rule::LowerFirst, 2, 2));
    explore("lower-first, 4 seats, once each", None, 1_800, || dine(Rule::LowerFirst, 4, 1));
    explore("one-less, 3 seats, once each", Some(3), 1_900, || dine(Rule::OneLess, 3, 1));
    explore("one-less, 2 seats, twice each", None, 820, || dine(Rule::OneLess, 2, 2));
}

/// The same without a bound: half a minute, so only on request (`-- --ignored`).
#[test]
#[ignore = "takes half a minute"]
fn one_less_in_every_order() {
    explore("one-less, 3 seats, once each", None, 655_000, || dine(Rule::OneLess, 3, 1));
}

/// The proof is worth nothing if a file could use a lock that loom does not see.
#[test]
fn what_is_proved_is_made_of_nothing_else() {
    for (file, source) in [
        ("locks/mod", include_str!("../src/locks/mod.rs")),
        ("locks/raw", include_str!("../src/locks/raw.rs")),
        ("locks/spin", include_str!("../src/locks/spin.rs")),
        ("locks/ticket", include_str!("../src/locks/ticket.rs")),
        ("locks/guarded", include_str!("../src/locks/guarded.rs")),
        ("buffer", include_str!("../src/experiments/bounded_buffer/buffer.rs")),
        ("dinner", include_str!("../src/experiments/philosophers/table.rs")),
    ] {
        let code: String =
            source.lines().filter(|line| !line.trim_start().starts_with("//")).map(|l| format!("{l}\n")).collect();
        let from_std = [
            "use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};",
            "use std::sync::atomic::Ordering::Relaxed;",
            "use std::collections::VecDeque;",
        ];
        let code = from_std.iter().fold(code, |code, line| code.replace(line, ""));
        for foreign in ["std::", "core::", "extern crate", "parking_lot", "crossbeam"] {
            assert!(!code.contains(foreign), "{file}.rs uses {foreign}");
        }
    }
}
