//! Runs a scenario of lab 09 with a submission in Rust and records it. It judges nothing.

use std::future::{Future, poll_fn};
use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use kit::{Run, State, draw, text};
use tokio::runtime::Builder;
use tokio::task::yield_now;

use crate::submission::compute;

const OTHERS: usize = 3;
/// Turns that each of the other tasks gets before the work ends.
const TURNS: usize = 100;
/// More is polling.
const WAKES: usize = 3;
/// The work goes on for so long when it has seen the turns: long enough to catch who looks from time to time.
const QUIET: Duration = Duration::from_millis(500);
/// Rounds of computing (of about 0.1 ms) without any change, after which the work gives up waiting for one. A count, because a busy
/// machine takes turns from this thread and from the loop's alike.
const PATIENCE: usize = 2_500;
/// A longer pause of a ticker is drawn, in ns.
const GAP: u64 = 2_000_000;

pub fn run(scenario: &str, run: &Run) {
    run.title(text!("루프를 멈추지 않는 계산", "computing without stalling the loop"));
    let runtime =
        Builder::new_current_thread().enable_time().build().expect("a runtime of one thread needs a timer only");
    match scenario {
        "one" => runtime.block_on(one(run)),
        "two" => runtime.block_on(two(run)),
        _ => runtime.block_on(fails(run)),
    }
    // A thread of the submission that still computes must not keep the process.
    runtime.shutdown_background();
}

/// One long computation beside three other tasks. It does not end before each of them has had its turns.
async fn one(run: &Run) {
    run.fact("turns_wanted", TURNS);
    run.fact("wakes_allowed", WAKES);
    run.fact("work_ended", false);
    let value = draw(1_000..1_000_000);
    run.fact("value", value);
    let others = Arc::new(Others::default());
    let tasks: Vec<_> = (0..OTHERS).map(|i| tokio::spawn(Arc::clone(&others).one(run.clone(), i))).collect();
    while others.turns().into_iter().min() < Some(3) {
        yield_now().await;
    }
    let lane = run.lane(text!("계산", "the work"));
    let wakes = Arc::new(AtomicUsize::new(0));
    let work = {
        let (run, others, wakes) = (run.clone(), Arc::clone(&others), Arc::clone(&wakes));
        let on = thread::current().id();
        move || {
            run.fact("on_loop", thread::current().id() == on);
            let before = others.turns();
            let turns = || others.turns().iter().zip(&before).map(|(now, then)| now - then).collect::<Vec<_>>();
            lane.enter(State::Running);
            let went_on = progress(turns, |turns| turns.iter().all(|&turns| turns >= TURNS), on);
            run.fact("turns", turns());
            others.stop.store(true, SeqCst);
            let quiet = Instant::now();
            while went_on && quiet.elapsed() < QUIET && wakes.load(SeqCst) <= WAKES {
                burn();
            }
            run.fact("wakes", wakes.load(SeqCst));
            run.fact("work_ended", true);
            drop(lane);
            Ok(value)
        }
    };
    {
        let mut call = pin!(compute(Box::new(work)));
        let counted = poll_fn(|context| {
            wakes.fetch_add(1, SeqCst);
            call.as_mut().poll(context)
        });
        outcome(run, counted.await);
    }
    if run.recorded(None, false).fact("work_ended") != Some(true) {
        run.fact("wakes", wakes.load(SeqCst)); // it returned before the work has ended
    }
    others.stop.store(true, SeqCst);
    for task in tasks {
        task.await.expect("a ticker does not panic");
    }
}

/// Two computations at the same time. Each computes until the other has started too.
async fn two(run: &Run) {
    let started = Arc::new(AtomicUsize::new(0));
    let work = |number: usize| {
        let lane = run.lane(text!("계산 {number}", "work {number}"));
        let (started, on) = (Arc::clone(&started), thread::current().id());
        move || {
            started.fetch_add(1, SeqCst);
            lane.enter(State::Running);
            progress(|| started.load(SeqCst), |&started| started == 2, on);
            (0..100).for_each(|_| burn());
            drop(lane);
            Ok(number as u64)
        }
    };
    let waiting = run.waiting(
        text!("루프의 스레드", "the loop's thread"),
        text!("두 compute의 끝", "the end of both calls"),
        None,
    );
    let (first, second) = tokio::join!(compute(Box::new(work(0))), compute(Box::new(work(1))));
    drop(waiting);
    outcome(run, first);
    outcome(run, second);
}

/// A computation that fails.
async fn fails(run: &Run) {
    let error = format!("E{}", draw(1_000..1_000_000));
    run.fact("error", error.clone());
    let lane = run.lane(text!("계산", "the work"));
    let work = move || {
        lane.during(State::Running, burn);
        lane.end_as(State::Failed);
        Err(error)
    };
    outcome(run, compute(Box::new(work)).await);
}

fn outcome(run: &Run, outcome: Result<u64, String>) {
    match outcome {
        Ok(value) => {
            run.fact("result", value);
            run.fact("ended", "result");
        }
        Err(said) => {
            run.fact("said", said);
            run.fact("ended", "error");
        }
    }
}

/// The other tasks of the loop: each takes one turn after another and counts them.
#[derive(Default)]
struct Others {
    turns: [AtomicUsize; OTHERS],
    stop: AtomicBool,
}

impl Others {
    fn turns(&self) -> Vec<usize> {
        self.turns.iter().map(|turns| turns.load(SeqCst)).collect()
    }

    async fn one(self: Arc<Self>, run: Run, number: usize) {
        let lane = run.lane(text!("다른 태스크 {number}", "other task {number}"));
        let mut first = kit::clock::now();
        let mut last = first;
        while !self.stop.load(SeqCst) {
            yield_now().await;
            self.turns[number].fetch_add(1, SeqCst);
            let now = kit::clock::now();
            if now - last > GAP {
                lane.span(State::Running, first, last);
                lane.span(State::Ready, last, now);
                first = now;
            }
            last = now;
        }
        lane.span(State::Running, first, last);
    }
}

/// Computes until `enough(look())`; gives up after a while without any change, and at once on the loop's own thread.
fn progress<T: PartialEq>(look: impl Fn() -> T, enough: impl Fn(&T) -> bool, on: ThreadId) -> bool {
    let (mut seen, mut unchanged) = (look(), 0);
    while !enough(&seen) {
        burn();
        let now = look();
        unchanged = if now == seen { unchanged + 1 } else { 0 };
        seen = now;
        if thread::current().id() == on || unchanged > PATIENCE {
            (0..100).for_each(|_| burn()); // so that the lanes show it
            return false;
        }
    }
    true
}

/// A little of a long computation.
fn burn() {
    let end = Instant::now() + Duration::from_micros(100);
    let mut total = 0_u64;
    while Instant::now() < end {
        total = (0..200_u64).fold(total, |sum, n| sum.wrapping_add(n * n % 7));
    }
    black_box(total);
}
