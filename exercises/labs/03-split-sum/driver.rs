//! Runs a scenario of lab 03 with a submission in Rust and records it. It judges nothing.

use std::collections::{BTreeSet, HashMap};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use kit::compute::{Overlaps, compute, is_clock_fine};
use kit::{Lane, Meeting, Run, State, draw, json, text};

use crate::submission;

pub fn run(scenario: &str, run: &Run) {
    run.title(text!("나누어 더하기", "a split sum"));
    match scenario {
        "overlap" => overlap(run),
        "late" => late(run),
        "edges" => edges(run),
        other => panic!("no scenario {other}"),
    }
}

/// All different, so that a number tells its place, however the slice was cut.
fn numbers(length: usize) -> Vec<u64> {
    let mut all = BTreeSet::new();
    while all.len() < length {
        all.insert(draw(1..1_000_000));
    }
    // Drawn in order; turned, so that they are not sorted.
    let mut numbers: Vec<u64> = all.into_iter().collect();
    numbers.rotate_left(length / 3);
    numbers
}

/// One call of the submission. `during` is what a part does before it is added: its lane, its numbers, its turn.
fn call(run: &Run, numbers: &[u64], threads: usize, during: &(dyn Fn(&Lane, &[u64], usize) + Sync)) {
    let place: HashMap<u64, usize> = numbers.iter().enumerate().map(|(i, number)| (*number, i)).collect();
    let parts = Mutex::new(Vec::new());
    let unfinished = AtomicUsize::new(0);
    let add = |part: &[u64]| {
        let places: Vec<Option<usize>> = part.iter().map(|number| place.get(number).copied()).collect();
        let turn = {
            let mut parts = parts.lock().unwrap_or_else(PoisonError::into_inner);
            parts.push(places);
            parts.len() - 1
        };
        unfinished.fetch_add(1, Ordering::SeqCst);
        let length = part.len();
        let lane = run.lane(text!("부분 {turn}: 수 {length}개", "part {turn}: {length} numbers"));
        during(&lane, part, turn);
        drop(lane);
        unfinished.fetch_sub(1, Ordering::SeqCst);
        part.iter().sum::<u64>()
    };
    let result = submission::split_sum(numbers, threads, &add);
    let unfinished = unfinished.load(Ordering::SeqCst);
    let parts = parts.into_inner().unwrap_or_else(PoisonError::into_inner);
    run.push(
        "calls",
        json!({"length": numbers.len(), "threads": threads, "sum": numbers.iter().sum::<u64>(), "result": result,
               "parts": parts, "unfinished": unfinished}),
    );
}

/// Each part waits at its start until all are there, then computes on a core of its own until two were seen to compute at the same
/// instant, which takes longer on a busy machine.
fn overlap(run: &Run) {
    let threads = draw(3..5) as usize;
    let (meeting, overlaps) = (Meeting::new(threads, 50), Overlaps::default());
    run.fact("clock_fine", is_clock_fine());
    run.fact("gil", false);
    run.fact("cores", thread::available_parallelism().map_or(1, usize::from));
    let during = |lane: &Lane, part: &[u64], turn| {
        lane.during(State::Ready, || meeting.wait());
        for n in 0..15 {
            let ran = compute(lane, turn, Duration::from_millis(20), || {
                black_box(black_box(part).iter().sum::<u64>());
            });
            if overlaps.add(turn, &ran) && n >= 2 || !meeting.met() {
                break;
            }
        }
    };
    call(run, &numbers(1000 + draw(1..threads as u64) as usize), threads, &during);
}

/// The part that comes last is done long after the others. Its 40 turns take longer on a busy machine, as everything else does.
fn late(run: &Run) {
    let numbers = numbers(100);
    let last = numbers[99];
    let during = |lane: &Lane, part: &[u64], _| {
        lane.enter(State::Running);
        if part.contains(&last) {
            (0..40).for_each(|_| thread::sleep(Duration::from_millis(10)));
        }
    };
    call(run, &numbers, 4, &during);
}

/// No numbers, fewer than threads, one thread, a length that the threads do not divide.
fn edges(run: &Run) {
    for (length, threads) in [(0, 3), (2, 4), (10, 1), (9, 4), (1003, 4)] {
        call(run, &numbers(length), threads, &|_, _, _| ());
    }
}
