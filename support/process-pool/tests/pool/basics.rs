//! What a pool does when nothing goes wrong.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use process_pool::{Builder, Bytes, Failure, Finish, Pool, Start};

use crate::common::can_look;
use crate::gate::Gate;
use crate::tasks::{ECHO, GATE, KEEP, NUMBERS, PID, REVERSE, SLEEP, SQUARE, STRANGER};

crate::tests![
    map_keeps_the_order,
    a_call_answers,
    unordered_results_come_as_they_complete,
    arguments_are_pulled_lazily,
    all_workers_work,
    large_values_arrive_intact,
    bytes_are_not_copied,
    read_blocks_are_reused,
    blocks_that_a_worker_keeps_are_not_reused,
    dropping_the_iterator_stops_the_tasks,
    an_unregistered_task_is_named,
    a_pool_needs_a_worker,
    tasks_behind_a_slow_one_are_recalled,
    a_recall_kills_no_worker,
    the_history_records_every_run,
];

thread_local! {
    /// How the workers of this test come to be.
    pub static START: Cell<Start> = const { Cell::new(Start::Fork) };
}

pub fn builder() -> Builder {
    Pool::builder().start(START.get())
}

pub fn pool(workers: usize) -> Pool {
    builder().workers(workers).build().unwrap()
}

fn map_keeps_the_order() {
    for workers in 1..4 {
        let pool = pool(workers);
        for count in [0, 1, 2, 7, 30_000] {
            let squares: Vec<u64> = pool.map(&SQUARE, 0..count).into_iter().map(Result::unwrap).collect();
            assert!(squares.into_iter().eq((0..count).map(|n| n * n)));
        }
        // The first is done last, unless it is alone.
        assert_eq!(pool.map(&SLEEP, [300, 1, 2, 3]), [Ok(300), Ok(1), Ok(2), Ok(3)]);
    }
}

fn a_call_answers() {
    let pool = pool(2);
    for n in 0..1000 {
        assert_eq!(pool.call(&SQUARE, &n), Ok(n * n));
    }
}

fn unordered_results_come_as_they_complete() {
    let (pool, gate) = (pool(2), Gate::new("as-they-complete"));
    gate.open_at_last();
    // The first waits until all others have come.
    let mut results = pool.imap_unordered(&GATE, [gate.waits(), gate.passes(), gate.passes(), gate.passes()]);
    let others: BTreeSet<usize> = results.by_ref().take(3).map(|(place, _)| place).collect();
    assert!(others.into_iter().eq(1..4));
    gate.open();
    assert!(matches!(results.next(), Some((0, Ok(_)))));
    let mut places: Vec<usize> = pool.imap_unordered(&SQUARE, 0..5000).map(|(place, _)| place).collect();
    places.sort_unstable();
    assert!(places.into_iter().eq(0..5000));
}

fn arguments_are_pulled_lazily() {
    let pool = pool(2);
    // An infinite iterator: collecting it first would never end.
    let some: Vec<(usize, u64)> =
        pool.imap_unordered(&SQUARE, 0..).take(1000).map(|(place, square)| (place, square.unwrap())).collect();
    assert!(some.iter().all(|(place, square)| (*place as u64).pow(2) == *square));
}

fn all_workers_work() {
    let pool = pool(3);
    let known: BTreeSet<u32> = pool.workers().into_iter().collect();
    let seen: BTreeSet<u64> = pool.map(&SLEEP, [300; 3]).into_iter().map(Result::unwrap).collect();
    assert_eq!(seen.len(), 1);
    let mut busy = BTreeSet::new();
    for _ in 0..100 {
        busy.extend(pool.map(&PID, vec![(); 100]).into_iter().map(Result::unwrap));
    }
    assert!(busy.len() > 1 && busy.is_subset(&known), "{busy:?} {known:?}");
    assert!(!known.contains(&std::process::id()), "not in this process");
}

fn large_values_arrive_intact() {
    let pool = pool(2);
    for len in [0, 1, 63, 64, 100, 65_535, 65_536, 65_537, 300_000, 5 << 20] {
        let bytes: Vec<u8> = (0..len).map(|n| (n % 251) as u8).collect();
        let reversed: Vec<u8> = bytes.iter().rev().copied().collect();
        assert_eq!(*pool.call(&REVERSE, &Bytes::from(bytes.clone())).unwrap(), *reversed, "{len}");
        assert_eq!(*pool.call(&ECHO, &Bytes::from(bytes.clone())).unwrap(), *bytes, "{len}");
        let numbers: Vec<u64> = (0..len as u64 / 8).collect();
        assert!(pool.call(&NUMBERS, &numbers).unwrap().into_iter().eq(1..=len as u64 / 8), "{len}");
    }
    // Many at once, held while others follow.
    let many = (0..100u8).map(|n| Bytes::from(vec![n; 100_000 + usize::from(n)]));
    for (n, answer) in (0..100).zip(pool.map(&REVERSE, many)) {
        assert_eq!(*answer.unwrap(), *vec![n; 100_000 + usize::from(n)]);
    }
    let many = (0..30).map(|n| vec![300 + n; 40_000]); // two bytes each: values of more than 64 KiB
    for (n, answer) in (0..).zip(pool.map(&NUMBERS, many)) {
        assert_eq!(answer, Ok(vec![301 + n; 40_000]));
    }
}

fn bytes_are_not_copied() {
    let pool = pool(1);
    let bytes = pool.bytes(1 << 20, |bytes| bytes.fill(7));
    let place = bytes.as_ptr();
    let answer = pool.call(&ECHO, &bytes).unwrap();
    assert_eq!(answer.as_ptr(), bytes.as_ptr(), "handed over there and back, and not copied once");
    drop(bytes);
    let other = pool.bytes(1 << 20, |bytes| bytes.fill(8));
    assert_ne!(answer.as_ptr(), other.as_ptr(), "still ours while the answer lives");
    assert!(answer.iter().all(|byte| *byte == 7));
    drop(answer);
    drop(other);
    assert_eq!(pool.bytes(1 << 20, |_| ()).as_ptr(), place, "used again");
}

/// Arguments and results by shared memory, of both kinds: as bytes that are lent, and as values that are copied into it.
fn read_blocks_are_reused() {
    if !can_look() {
        return;
    }
    let pool = pool(1);
    for _ in 0..50 {
        assert_eq!(pool.call(&REVERSE, &Bytes::from(vec![1; 1 << 20])).unwrap().len(), 1 << 20);
    }
    for _ in 0..300 {
        assert_eq!(pool.call(&NUMBERS, &vec![300; 40_000]), Ok(vec![301; 40_000]));
    }
    // The worker has touched whatever either side has ever lent: 50 MiB, or 300 times 128 KiB, would have piled up.
    let shared = shared_in_memory(pool.workers()[0]);
    assert!((1 << 20..16 << 20).contains(&shared), "{shared}");
}

/// The bytes of a worker's largest piece of memory without a name: `Rss` of proc_pid_smaps(5).
fn shared_in_memory(pid: u32) -> u64 {
    let smaps = fs::read_to_string(format!("/proc/{pid}/smaps")).unwrap();
    let mut resident = Vec::new();
    let mut nameless = false;
    for line in smaps.lines() {
        if let Some(kib) = line.strip_prefix("Rss:").filter(|_| nameless) {
            resident.push(kib.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10);
        } else if line.contains(" rw-s ") || line.contains(" r--s ") {
            nameless = line.ends_with("(deleted)");
        } else if line.starts_with("VmFlags:") {
            nameless = false;
        }
    }
    resident.into_iter().max().unwrap_or(0)
}

fn blocks_that_a_worker_keeps_are_not_reused() {
    let pool = pool(1);
    for n in 0..20 {
        assert_eq!(pool.call(&KEEP, &Bytes::from(vec![n; 100_000])), Ok(true), "{n}");
    }
}

fn dropping_the_iterator_stops_the_tasks() {
    let pool = pool(2);
    let mut results = pool.imap_unordered(&SLEEP, [0, 1_000_000, 1_000_000]);
    assert_eq!(results.next(), Some((0, Ok(0))));
    drop(results);
    assert_eq!(pool.call(&SQUARE, &3), Ok(9));
}

fn an_unregistered_task_is_named() {
    let pool = pool(1);
    assert_eq!(pool.call(&STRANGER, &1), Err(Failure::Unknown("stranger")));
    assert_eq!(pool.map(&STRANGER, 0..2), vec![Err(Failure::Unknown("stranger")); 2]);
    assert_eq!(pool.imap_unordered(&STRANGER, 0..2).count(), 2);
}

fn a_pool_needs_a_worker() {
    assert_eq!(builder().workers(0).build().unwrap_err(), process_pool::Error::NoWorkers);
}

fn tasks_behind_a_slow_one_are_recalled() {
    let (pool, gate) = (pool(2), Gate::new("recalled"));
    gate.open_at_last();
    // So many quick ones before it that batches are long when it comes.
    let (waits, nothing) = (gate.waits(), (String::new(), String::new()));
    let tasks = (0..20_000).map(move |n| if n == 15_000 { waits.clone() } else { nothing.clone() });
    let mut results = pool.imap_unordered(&GATE, tasks);
    // It ends only after all others: those behind it must go to the other worker.
    assert!(results.by_ref().take(19_999).all(|(place, pid)| place != 15_000 && pid.is_ok()));
    gate.open();
    assert!(matches!(results.next(), Some((15_000, Ok(_)))));
}

/// Tasks behind a slow one are recalled, and the call may end before the worker has skipped them.
fn a_recall_kills_no_worker() {
    let pool = builder().workers(2).record(true).build().unwrap();
    let before = pool.workers();
    for _ in 0..100 {
        let tasks = (0..300).map(|n| if n == 200 { 6 } else { 0 });
        assert!(pool.map(&SLEEP, tasks).into_iter().all(|slept| slept.is_ok()));
    }
    assert_eq!(pool.workers(), before);
    assert_eq!(pool.history().len(), 100 * 300, "no task runs twice while its worker lives");
}

fn the_history_records_every_run() {
    let pool = builder().workers(2).record(true).build().unwrap();
    pool.map(&SLEEP, [20, 20, 20]);
    let history = pool.history();
    let mut tasks: Vec<usize> = history.iter().map(|stint| stint.task).collect();
    tasks.sort_unstable();
    assert_eq!(tasks, [0, 1, 2]);
    let took = |ns: u64| Duration::from_nanos(ns) >= Duration::from_millis(20);
    assert!(history.iter().all(|s| s.finish == Finish::Done && s.seat < 2 && took(s.end - s.start)));
}
