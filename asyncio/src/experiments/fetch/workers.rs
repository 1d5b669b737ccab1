//! Thousands of calls with bounded concurrency: each worker makes one call after another until none is left or it is told to stop.
//!
//! The number of workers is the bound. A call begins when a worker is free, so there is no queue of waiting tasks.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use lab::clock;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout_at};
use web::draw::draw;

use super::attempt::Connection;
use super::failure::Failure;
use super::follow::{Fetched, Sending, attempt};
use super::lane::Lane;
use super::proxy::Proxies;
use super::request::RequestPlan;
use super::retry::{LONGEST_ASKED, Retry};
use super::source::{Call, Source};
use super::tls::Tls;

/// The state that all workers share.
pub struct Shared {
    pub source: Source,
    pub sending: Sending,
    pub tls: Tls,
    pub proxies: Proxies,
    pub retry: Retry,
    /// Time limit for a call with all its attempts.
    pub deadline: Option<Duration>,
    /// Seed for the jitter.
    pub seed: u64,
    /// Becomes true when the workers should stop.
    pub stop: watch::Receiver<bool>,
}

/// How one call ended.
#[derive(Clone, Debug)]
pub struct Record {
    /// The number of the call, from 0.
    pub call: usize,
    pub url: Arc<str>,
    /// A checksum of the row of a list.
    pub checksum: Option<u32>,
    pub outcome: Result<Fetched, Failure>,
    pub attempts: u32,
    /// Time from the first attempt to the end, including pauses between attempts, in ns.
    pub took: u64,
}

// ANCHOR: work
/// A worker. It ends when no call is left, when it is told to stop, or when the receiver of its records is gone.
pub async fn work(shared: Arc<Shared>, records: mpsc::Sender<Record>, mut lane: Lane) {
    let mut connection = Connection::new(shared.tls.clone(), shared.proxies.clone());
    let mut stop = shared.stop.clone();
    while let Some(Some(call)) = unless_stopped(&mut stop, shared.source.next()).await {
        let record = make_call(call, &shared, &mut connection, &mut stop, &mut lane).await;
        if records.send(record).await.is_err() {
            return;
        }
    }
}
// ANCHOR_END: work

/// Makes one call, with retries if necessary.
async fn make_call(
    call: Call,
    shared: &Shared,
    connection: &mut Connection,
    stop: &mut watch::Receiver<bool>,
    lane: &mut Lane,
) -> Record {
    let (start, mut attempts) = (clock::now(), 0);
    let deadline = shared.deadline.map(|time| Instant::now() + time);
    let outcome = match &call.target {
        Err(failure) => Err(failure.clone()),
        Ok(target) => loop {
            attempts += 1;
            let request = call.request.as_deref().unwrap_or(&shared.sending.request);
            let mut server = Arc::clone(&target.address);
            let ended = {
                // Pinned, because this future is large, and each function that it is passed to would copy it.
                let attempt =
                    pin!(attempt(connection, (call.number, target, request), &shared.sending, lane, &mut server));
                unless_stopped(stop, before(deadline, attempt)).await
            };
            let failure = match ended {
                Some(Ok(fetched)) => break Ok(fetched),
                Some(Err(failure)) => failure,
                None => Failure::Cancelled,
            };
            lane.fail();
            let asked = failure.retry_after().unwrap_or_default();
            let part = draw(shared.seed ^ u64::from(attempts), call.number as u64);
            let pause = shared.retry.pause(attempts, part).max(asked);
            let too_late = deadline.is_some_and(|end| Instant::now() + pause > end);
            if too_late || !may_be_retried(&shared.retry, request, &failure, attempts, asked) {
                break Err(failure);
            }
            if !asked.is_zero() {
                shared.sending.pace.hold(&server, asked);
            }
            lane.idle();
            if unless_stopped(stop, sleep(pause)).await.is_none() {
                break Err(Failure::Cancelled);
            }
        },
    };
    lane.leave();
    let Call { number, url, checksum, .. } = call;
    Record { call: number, url, checksum, outcome, attempts, took: clock::now() - start }
}

/// Whether another attempt may follow this failure.
fn may_be_retried(retry: &Retry, request: &RequestPlan, failure: &Failure, attempts: u32, asked: Duration) -> bool {
    let repeatable = retry.any_method || request.is_idempotent();
    failure.may_be_retried(repeatable) && attempts <= retry.most && asked <= LONGEST_ASKED
}

/// Awaits the work, but not longer than until the deadline.
async fn before<T>(deadline: Option<Instant>, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    match deadline {
        Some(end) => timeout_at(end, work).await.unwrap_or(Err(Failure::Deadline)),
        None => work.await,
    }
}

/// Awaits the work; if told to stop, drops it and returns `None`.
async fn unless_stopped<T>(stop: &mut watch::Receiver<bool>, work: impl Future<Output = T>) -> Option<T> {
    if *stop.borrow() {
        return None;
    }
    tokio::select! {
        biased;
        done = work => Some(done),
        // On an error the sender is gone, so the run has ended: stop as well.
        _ = stop.wait_for(|stop| *stop) => None,
    }
}
