//! Draws the critical section: load, a long computation, store; first unprotected, then behind a mutex.

use std::hint::black_box;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use lab::lang::Text;
use lab::trace::LaneRecorder;
use lab::trace::{State, Trace};
use lab::{Result, text};

use crate::start_barrier::record_together;

const THREADS: usize = 4;
const TURNS: usize = 5;
/// Additions between load and store: some hundred µs, long enough to be seen.
pub const THINK: u64 = 1_000_000;
/// Between two turns. Without it the thread that let go of the mutex would mostly be the one that takes it again.
const REST: Duration = Duration::from_micros(200);

fn think() {
    for i in 0..THINK {
        black_box(i);
    }
}

/// An unprotected turn.
fn load_then_store(counter: &AtomicU64, lane: &mut LaneRecorder) {
    lane.enter(State::Running);
    let seen = counter.load(Ordering::Relaxed);
    think();
    counter.store(seen + 1, Ordering::Relaxed);
    lane.leave();
}

/// The same turn behind a mutex.
fn std_mutex(counter: &Mutex<u64>, lane: &mut LaneRecorder) {
    lane.enter(State::WaitingForLock);
    let mut counter = counter.lock().expect("nobody panics with it");
    lane.enter(State::Running);
    let seen = *counter;
    think();
    *counter = seen + 1;
    lane.leave(); // before the lock is free: the span must not be longer than the critical section
}

/// Lanes of so many threads that start together and take `turns` turns each.
pub fn record(threads: usize, turns: usize, turn: impl Fn(&mut LaneRecorder) + Sync) -> Result<Trace> {
    let names = (0..threads).map(|i| text!("스레드 {i}", "Thread {i}")).collect();
    let (trace, _) = record_together(Text::default(), names, |_, lane| {
        for _ in 0..turns {
            turn(lane);
            thread::sleep(REST);
        }
    })?;
    Ok(trace)
}

/// The broken run.
pub fn broken() -> Result<Trace> {
    let counter = AtomicU64::new(0);
    let trace = record(THREADS, TURNS, |lane| load_then_store(&counter, lane))?;
    Ok(titled(trace, "load_then_store", counter.into_inner()))
}

/// The fixed run.
pub fn fixed() -> Result<Trace> {
    let counter = Mutex::new(0);
    let trace = record(THREADS, TURNS, |lane| std_mutex(&counter, lane))?;
    Ok(titled(trace, "std_mutex", counter.into_inner().expect("nobody panics with it")))
}

fn titled(trace: Trace, name: &str, end: u64) -> Trace {
    let (made, peak) = (THREADS * TURNS, trace.peak_in_flight(&[State::Running]));
    let title = text!(
        "Rust, {name}: {made}번 더한 카운터의 값 {end}, 임계 구역에 동시에 들어간 스레드 최대 {peak}개",
        "Rust, {name}: {made} updates, the counter at {end}; at most {peak} inside at once"
    );
    Trace { title, ..trace }
}
