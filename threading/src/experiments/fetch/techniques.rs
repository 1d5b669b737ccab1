//! A thread for each request, and a bounded pool (of one thread: the sequence). Failures are collected; the rest is done.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use lab::lang::Text;
use lab::trace::{LaneRecorder, Recorder};
use lab::trace::{State, Trace};
use lab::{Error, Result, text};

use super::client::get;
use super::failure::Failure;

/// After so many failures the rest are skipped: nobody should wait a hundred thousand times for a server that is gone.
pub const MAX_FAILURES: usize = 100;

#[derive(Debug)]
pub struct Fetched {
    pub trace: Trace,
    pub failures: Vec<Failure>,
}

/// The addresses, and the counters that all threads share.
struct Job<'a> {
    urls: &'a [String],
    timeout: Duration,
    next: AtomicUsize,
    failed: AtomicUsize,
}

/// Fetches all addresses with a pool of threads; each takes the next address until none is left.
pub fn pool(urls: &[String], threads: usize, timeout: Duration, title: Text) -> Result<Fetched> {
    let job = Job { urls, timeout, next: AtomicUsize::new(0), failed: AtomicUsize::new(0) };
    spawn_workers(threads.min(urls.len()), title, &job, work)
}

/// A thread for each address, all at the same time.
pub fn thread_per_request(urls: &[String], timeout: Duration, title: Text) -> Result<Fetched> {
    let job = Job { urls, timeout, next: AtomicUsize::new(0), failed: AtomicUsize::new(0) };
    spawn_workers(urls.len(), title, &job, |job, lane| {
        job.take().and_then(|url| job.get(url, lane)).into_iter().collect()
    })
}

fn spawn_workers(
    threads: usize,
    title: Text,
    job: &Job<'_>,
    work: impl Fn(&Job<'_>, &mut LaneRecorder) -> Vec<Failure> + Sync,
) -> Result<Fetched> {
    let (recorder, work) = (Recorder::new(), &work);
    let failures = thread::scope(|scope| {
        let mut workers = Vec::new();
        for i in 0..threads {
            let mut lane = recorder.lane(text!("스레드 {i}", "Thread {i}"));
            let worker = thread::Builder::new().spawn_scoped(scope, move || work(job, &mut lane));
            workers.push(worker.map_err(|e| {
                job.stop(); // the threads that already run find no more work
                Error::no_thread(&e)
            })?);
        }
        let join = |worker: ScopedJoinHandle<'_, Vec<Failure>>| worker.join().expect("a worker does not panic");
        Ok::<_, Error>(workers.into_iter().flat_map(join).collect())
    })?;
    Ok(Fetched { trace: recorder.finish(title), failures })
}

// ANCHOR: work
fn work(job: &Job<'_>, lane: &mut LaneRecorder) -> Vec<Failure> {
    let mut failures = Vec::new();
    while let Some(url) = job.take() {
        failures.extend(job.get(url, lane));
    }
    failures
}

impl Job<'_> {
    fn take(&self) -> Option<&str> {
        self.urls.get(self.next.fetch_add(1, Relaxed)).map(String::as_str)
    }

    fn get(&self, url: &str, lane: &mut LaneRecorder) -> Option<Failure> {
        let reason = lane.during(State::WaitingForIo, || get(url, self.timeout)).err()?;
        lane.end_as(State::Failed);
        if self.failed.fetch_add(1, Relaxed) + 1 >= MAX_FAILURES {
            self.stop();
        }
        Some(Failure { url: url.to_owned(), reason })
    }
    // ANCHOR_END: work

    fn stop(&self) {
        self.next.store(self.urls.len(), Relaxed);
    }
}
