//! A thread for each request, and a bounded pool (of one thread: the sequence). Failures are collected; the rest is done.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use lab::lang::Text;
use lab::trace::{LaneRecorder, Recorder};
use lab::trace::{State, Trace};
use lab::{Error, Result, text};
use ureq::Agent;

use super::client::{client, get};
use super::failure::{Failure, Reason};

/// After so many failures the rest are skipped: nobody should wait a hundred thousand times for a server that is gone.
pub const MAX_FAILURES: usize = 100;

/// How a GET ended: the length of the body, or why there is none.
pub type Outcome = Result<u64, Reason>;

#[derive(Debug)]
pub struct Fetched {
    /// Only requests that were answered count as waiting; the time of a failed one is idle, with a mark at its end.
    pub trace: Trace,
    /// One for each address, in order; `None` for a request that was not sent.
    pub outcomes: Vec<Option<Outcome>>,
}

impl Fetched {
    pub fn failures(&self, urls: &[String]) -> Vec<Failure> {
        let failed = |(outcome, url): (&Option<Outcome>, &String)| {
            let reason = outcome.as_ref()?.as_ref().err()?.clone();
            Some(Failure { url: url.clone(), reason })
        };
        self.outcomes.iter().zip(urls).filter_map(failed).collect()
    }

    /// Number of requests that were answered.
    pub fn answered(&self) -> usize {
        self.outcomes.iter().filter(|outcome| matches!(outcome, Some(Ok(_)))).count()
    }

    /// Whether the same requests were answered and the others failed for the same reasons; only then may times be compared. The length
    /// of an answer may differ.
    pub fn same_work(&self, other: &Fetched) -> bool {
        let same = |(a, b): (&Option<Outcome>, &Option<Outcome>)| match (a, b) {
            (Some(a), Some(b)) => a.as_ref().err() == b.as_ref().err(),
            _ => false,
        };
        self.outcomes.len() == other.outcomes.len() && self.outcomes.iter().zip(&other.outcomes).all(same)
    }
}

/// The addresses, and the counters that all threads share.
struct Job<'a> {
    urls: &'a [String],
    client: Agent,
    next: AtomicUsize,
    failed: AtomicUsize,
}

impl<'a> Job<'a> {
    fn new(urls: &'a [String], timeout: Duration) -> Job<'a> {
        Job { urls, client: client(timeout), next: AtomicUsize::new(0), failed: AtomicUsize::new(0) }
    }
}

/// Fetches all addresses with a pool of threads; each takes the next address until none is left.
pub fn pool(urls: &[String], threads: usize, timeout: Duration, title: Text) -> Result<Fetched> {
    spawn_workers(threads.min(urls.len()), title, &Job::new(urls, timeout), work)
}

/// The same pool, with sleeping in the place of requests: as long as the server delays its answers.
pub fn sleeping(urls: &[String], threads: usize, delay: Duration, title: Text) -> Result<Fetched> {
    spawn_workers(threads.min(urls.len()), title, &Job::new(urls, delay), |job, lane| {
        let mut outcomes = Vec::new();
        while let Some((n, _)) = job.take() {
            lane.during(State::WaitingForIo, || thread::sleep(delay));
            outcomes.push((n, Ok(0)));
        }
        outcomes
    })
}

/// A thread for each address, all at the same time.
pub fn thread_per_request(urls: &[String], timeout: Duration, title: Text) -> Result<Fetched> {
    spawn_workers(urls.len(), title, &Job::new(urls, timeout), |job, lane| {
        job.take().map(|(n, url)| (n, job.get(url, lane))).into_iter().collect()
    })
}

fn spawn_workers(
    threads: usize,
    title: Text,
    job: &Job<'_>,
    work: impl Fn(&Job<'_>, &mut LaneRecorder) -> Vec<(usize, Outcome)> + Sync,
) -> Result<Fetched> {
    let (recorder, work) = (Recorder::new(), &work);
    let mut outcomes = vec![None; job.urls.len()];
    thread::scope(|scope| {
        let mut workers = Vec::new();
        for i in 0..threads {
            let mut lane = recorder.lane(text!("스레드 {i}", "Thread {i}"));
            let worker = thread::Builder::new().spawn_scoped(scope, move || work(job, &mut lane));
            workers.push(worker.map_err(|e| {
                job.stop(); // the threads that already run find no more work
                Error::no_thread(&e)
            })?);
        }
        let join =
            |worker: ScopedJoinHandle<'_, Vec<(usize, Outcome)>>| worker.join().expect("a worker does not panic");
        workers.into_iter().flat_map(join).for_each(|(n, outcome)| outcomes[n] = Some(outcome));
        Ok::<_, Error>(())
    })?;
    Ok(Fetched { trace: recorder.finish(title), outcomes })
}

// ANCHOR: work
fn work(job: &Job<'_>, lane: &mut LaneRecorder) -> Vec<(usize, Outcome)> {
    let mut outcomes = Vec::new();
    while let Some((n, url)) = job.take() {
        outcomes.push((n, job.get(url, lane)));
    }
    outcomes
}

impl Job<'_> {
    fn take(&self) -> Option<(usize, &str)> {
        let n = self.next.fetch_add(1, Relaxed);
        self.urls.get(n).map(|url| (n, url.as_str()))
    }

    fn get(&self, url: &str, lane: &mut LaneRecorder) -> Outcome {
        lane.enter(State::WaitingForIo);
        let outcome = get(&self.client, url);
        if outcome.is_ok() {
            lane.leave();
            return outcome;
        }
        lane.fail();
        if self.failed.fetch_add(1, Relaxed) + 1 >= MAX_FAILURES {
            self.stop();
        }
        outcome
    }
    // ANCHOR_END: work

    fn stop(&self) {
        self.next.store(self.urls.len(), Relaxed);
    }
}
