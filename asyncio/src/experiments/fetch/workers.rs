//! Thousands of calls with bounded concurrency: each worker makes one call after another until none is left or it is told to stop.
//!
//! The workers are the bound: a call begins when a worker is free, and no list of waiting tasks is ever built.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use lab::clock;
use lab::trace::LaneRecorder;
use lab::trace::State;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};
use web::draw::draw;

use super::attempt::{Failure, Got, Line};
use super::retry::Retry;
use super::target::Target;

/// What the workers share.
#[derive(Debug)]
pub struct Plan {
    /// Call n goes to target n, beginning anew after the last.
    pub targets: Vec<Target>,
    /// How many calls.
    pub calls: usize,
    /// Time for one attempt.
    pub timeout: Duration,
    /// What follows a failed attempt.
    pub retry: Retry,
    /// What the jitter is drawn with.
    pub seed: u64,
    /// Becomes true when everything is to end.
    pub stop: watch::Receiver<bool>,
    /// The next call that nobody has begun.
    pub next: AtomicUsize,
    /// Attempts under way, and the most there were at once.
    pub in_flight: Gauge,
}

/// A count and its peak.
#[derive(Debug, Default)]
pub struct Gauge {
    now: AtomicUsize,
    peak: AtomicUsize,
}

impl Gauge {
    /// The most there were at once.
    pub fn peak(&self) -> usize {
        self.peak.load(Relaxed)
    }

    async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        self.peak.fetch_max(self.now.fetch_add(1, Relaxed) + 1, Relaxed);
        let done = work.await;
        self.now.fetch_sub(1, Relaxed);
        done
    }
}

/// How one call ended.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its number, from 0.
    pub call: usize,
    /// Where it went.
    pub url: Arc<str>,
    /// A result, or a named failure.
    pub outcome: Result<Got, Failure>,
    pub attempts: u32,
    /// From its first attempt to its end, pauses between attempts included, in ns.
    pub took: u64,
}

// ANCHOR: work
/// A worker. It ends when no call is left, when told to stop, or when nobody takes its records any more.
pub async fn work(plan: Arc<Plan>, records: mpsc::Sender<Record>, mut lane: Option<LaneRecorder>) {
    let mut line = Line::default();
    let mut stop = plan.stop.clone();
    while !*stop.borrow() {
        let call = plan.next.fetch_add(1, Relaxed);
        if call >= plan.calls {
            return;
        }
        let record = make(call, &plan, &mut line, &mut stop, &mut lane).await;
        if records.send(record).await.is_err() {
            return;
        }
    }
}
// ANCHOR_END: work

/// One call, with as many attempts as it needs and may have.
async fn make(
    call: usize,
    plan: &Plan,
    line: &mut Line,
    stop: &mut watch::Receiver<bool>,
    lane: &mut Option<LaneRecorder>,
) -> Record {
    let target = &plan.targets[call % plan.targets.len()];
    let (start, mut attempts) = (clock::now(), 0);
    let outcome = loop {
        attempts += 1;
        enter(lane, State::WaitingForIo);
        let attempt = plan.in_flight.during(timeout(plan.timeout, line.get(target)));
        let outcome = match unless(stop, attempt).await {
            Some(in_time) => in_time.unwrap_or(Err(Failure::TimedOut)),
            None => Err(Failure::Cancelled),
        };
        match outcome {
            Err(failure) if failure.may_be_retried() && attempts <= plan.retry.most => {
                enter(lane, State::Idle);
                let part = draw(plan.seed ^ u64::from(attempts), call as u64);
                if unless(stop, sleep(plan.retry.pause(attempts, part))).await.is_none() {
                    break Err(Failure::Cancelled);
                }
            }
            end => break end,
        }
    };
    if let Some(lane) = lane {
        lane.leave();
    }
    Record { call, url: Arc::clone(&target.url), outcome, attempts, took: clock::now() - start }
}

fn enter(lane: &mut Option<LaneRecorder>, state: State) {
    if let Some(lane) = lane {
        lane.enter(state);
    }
}

/// Awaits the work, or drops it and returns `None` when told to stop.
async fn unless<T>(stop: &mut watch::Receiver<bool>, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        done = work => Some(done),
        // An error means that the sender is gone: the run is over.
        _ = stop.wait_for(|stop| *stop) => None,
    }
}
