//! Thousands of calls with bounded concurrency: each worker makes one call after another until none is left or it is told to stop.
//!
//! The number of workers is the bound. A call begins when a worker is free, so there is no queue of waiting tasks.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use lab::clock;
use lab::trace::LaneRecorder;
use lab::trace::State;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};
use web::draw::draw;

use super::attempt::{Connection, Failure, Fetched};
use super::retry::Retry;
use super::target::Target;

/// The state that all workers share.
#[derive(Debug)]
pub struct Shared {
    /// Call n goes to target n modulo the number of targets.
    pub targets: Vec<Target>,
    /// Number of calls.
    pub calls: usize,
    /// Time limit for one attempt.
    pub timeout: Duration,
    pub retry: Retry,
    /// Seed for the jitter.
    pub seed: u64,
    /// Becomes true when the workers should stop.
    pub stop: watch::Receiver<bool>,
    /// Number of the next call to make.
    pub next: AtomicUsize,
    /// Attempts in flight now, and their peak.
    pub in_flight: Gauge,
}

/// A counter that records its peak.
#[derive(Debug, Default)]
pub struct Gauge {
    now: AtomicUsize,
    peak: AtomicUsize,
}

impl Gauge {
    /// The largest value so far.
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
    /// The number of the call, from 0.
    pub call: usize,
    pub url: Arc<str>,
    pub outcome: Result<Fetched, Failure>,
    pub attempts: u32,
    /// Time from the first attempt to the end, including pauses between attempts, in ns.
    pub took: u64,
}

// ANCHOR: work
/// A worker. It ends when no call is left, when it is told to stop, or when the receiver of its records is gone.
pub async fn work(shared: Arc<Shared>, records: mpsc::Sender<Record>, mut lane: Option<LaneRecorder>) {
    let mut connection = Connection::default();
    let mut stop = shared.stop.clone();
    while !*stop.borrow() {
        let call = shared.next.fetch_add(1, Relaxed);
        if call >= shared.calls {
            return;
        }
        let record = make_call(call, &shared, &mut connection, &mut stop, &mut lane).await;
        if records.send(record).await.is_err() {
            return;
        }
    }
}
// ANCHOR_END: work

/// Makes one call, with retries if necessary.
async fn make_call(
    call: usize,
    shared: &Shared,
    connection: &mut Connection,
    stop: &mut watch::Receiver<bool>,
    lane: &mut Option<LaneRecorder>,
) -> Record {
    let target = &shared.targets[call % shared.targets.len()];
    let (start, mut attempts) = (clock::now(), 0);
    let outcome = loop {
        attempts += 1;
        enter(lane, State::WaitingForIo);
        let attempt = shared.in_flight.during(timeout(shared.timeout, connection.get(target)));
        let outcome = match unless_stopped(stop, attempt).await {
            Some(in_time) => in_time.unwrap_or(Err(Failure::TimedOut)),
            None => Err(Failure::Cancelled),
        };
        match outcome {
            Err(failure) if failure.may_be_retried() && attempts <= shared.retry.most => {
                enter(lane, State::Idle);
                let part = draw(shared.seed ^ u64::from(attempts), call as u64);
                if unless_stopped(stop, sleep(shared.retry.pause(attempts, part))).await.is_none() {
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

/// Awaits the work; if told to stop, drops it and returns `None`.
async fn unless_stopped<T>(stop: &mut watch::Receiver<bool>, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        done = work => Some(done),
        // On an error the sender is gone, so the run has ended: stop as well.
        _ = stop.wait_for(|stop| *stop) => None,
    }
}
