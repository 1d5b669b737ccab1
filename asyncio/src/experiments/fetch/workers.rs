//! Thousands of calls with bounded concurrency: each worker makes one call after another until none is left or it is told to stop.
//!
//! The workers are the bound: a call begins when a worker is free, and no list of waiting tasks is ever built.

use std::sync::Arc;
use std::time::Duration;

use lab::clock;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout_at};
use web::draw::draw;

use super::attempt::Line;
use super::failure::Failure;
use super::follow::{Got, Sending, attempt};
use super::lane::Lane;
use super::proxy::Proxies;
use super::retry::{LONGEST_ASKED, Retry};
use super::source::{Call, Source};
use super::tls::Tls;

/// What the workers share.
pub struct Plan {
    /// The calls that are left.
    pub source: Source,
    pub sending: Sending,
    pub tls: Tls,
    pub proxies: Proxies,
    /// What follows a failed attempt.
    pub retry: Retry,
    /// Time for a call with all its attempts.
    pub deadline: Option<Duration>,
    /// What the jitter is drawn with.
    pub seed: u64,
    /// Becomes true when everything is to end.
    pub stop: watch::Receiver<bool>,
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
pub async fn work(plan: Arc<Plan>, records: mpsc::Sender<Record>, mut lane: Lane) {
    let mut line = Line::new(plan.tls.clone(), plan.proxies.clone());
    let mut stop = plan.stop.clone();
    while let Some(Some(call)) = unless(&mut stop, plan.source.next()).await {
        let record = make(call, &plan, &mut line, &mut stop, &mut lane).await;
        if records.send(record).await.is_err() {
            return;
        }
    }
}
// ANCHOR_END: work

/// One call, with as many attempts as it needs and may have.
async fn make(call: Call, plan: &Plan, line: &mut Line, stop: &mut watch::Receiver<bool>, lane: &mut Lane) -> Record {
    let (start, mut attempts) = (clock::now(), 0);
    let deadline = plan.deadline.map(|time| Instant::now() + time);
    let outcome = match &call.target {
        Err(why) => Err(Failure::BadAddress(why.en.clone())),
        Ok(target) => loop {
            attempts += 1;
            let tried = until(deadline, attempt(line, (call.number, target), &plan.sending, lane));
            let failure = match unless(stop, tried).await {
                Some(Ok(got)) => break Ok(got),
                Some(Err(failure)) => failure,
                None => Failure::Cancelled,
            };
            lane.failed();
            let asked = failure.retry_after().unwrap_or_default();
            let part = draw(plan.seed ^ u64::from(attempts), call.number as u64);
            let pause = plan.retry.pause(attempts, part).max(asked);
            if !may_follow(plan, &failure, attempts, asked) || deadline.is_some_and(|end| Instant::now() + pause > end)
            {
                break Err(failure);
            }
            if !asked.is_zero() {
                plan.sending.pace.hold(&target.address, asked);
            }
            lane.idle();
            if unless(stop, sleep(pause)).await.is_none() {
                break Err(Failure::Cancelled);
            }
        },
    };
    lane.leave();
    Record { call: call.number, url: call.url, outcome, attempts, took: clock::now() - start }
}

/// Whether another attempt may follow this failure.
fn may_follow(plan: &Plan, failure: &Failure, attempts: u32, asked: Duration) -> bool {
    let twice = plan.retry.any_method || plan.sending.request.is_idempotent();
    failure.may_be_retried(twice) && attempts <= plan.retry.most && asked <= LONGEST_ASKED
}

async fn until<T>(deadline: Option<Instant>, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    match deadline {
        Some(end) => timeout_at(end, work).await.unwrap_or(Err(Failure::Deadline)),
        None => work.await,
    }
}

/// Awaits the work, or drops it and returns `None` when told to stop.
async fn unless<T>(stop: &mut watch::Receiver<bool>, work: impl Future<Output = T>) -> Option<T> {
    if *stop.borrow() {
        return None;
    }
    tokio::select! {
        biased;
        done = work => Some(done),
        // An error means that the sender is gone: the run is over.
        _ = stop.wait_for(|stop| *stop) => None,
    }
}
