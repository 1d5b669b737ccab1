//! One after another, a thread a request, a bounded pool. Who fails is named, and the rest is done.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use lab::lang::Text;
use lab::trace::{LaneRecorder, Recorder};
use lab::trace::{State, Trace};
use lab::{Error, Result, text};

use super::client::get;
use super::failure::Failure;

/// Gives up after so many failures: a server that is gone must not cost a hundred thousand timeouts.
pub const MOST_FAILURES: usize = 100;

/// The result of fetching by one technique.
#[derive(Debug)]
pub struct Fetched {
    pub trace: Trace,
    pub failures: Vec<Failure>,
}

/// The addresses, and what all threads share.
struct Job<'a> {
    urls: &'a [String],
    /// Seconds.
    timeout: Duration,
    next: AtomicUsize,
    failed: AtomicUsize,
}

/// GETs all addresses from a pool of so many threads, each of which takes the next one until none is left. One thread: in sequence.
pub fn pool(urls: &[String], threads: usize, timeout: Duration, title: Text) -> Result<Fetched> {
    let job = Job { urls, timeout, next: AtomicUsize::new(0), failed: AtomicUsize::new(0) };
    crew(threads.min(urls.len()), title, &job, work)
}

/// A thread for each address, all at once.
pub fn each(urls: &[String], timeout: Duration, title: Text) -> Result<Fetched> {
    let job = Job { urls, timeout, next: AtomicUsize::new(0), failed: AtomicUsize::new(0) };
    crew(urls.len(), title, &job, |job, lane| job.take().and_then(|url| job.get(url, lane)).into_iter().collect())
}

fn crew(
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
                job.stop(); // those that run already find nothing left
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
    /// The next address, if any is left.
    fn take(&self) -> Option<&str> {
        self.urls.get(self.next.fetch_add(1, Relaxed)).map(String::as_str)
    }

    fn get(&self, url: &str, lane: &mut LaneRecorder) -> Option<Failure> {
        let reason = lane.during(State::WaitingForIo, || get(url, self.timeout)).err()?;
        if self.failed.fetch_add(1, Relaxed) + 1 >= MOST_FAILURES {
            self.stop();
        }
        Some(Failure { url: url.to_owned(), reason })
    }
    // ANCHOR_END: work

    fn stop(&self) {
        self.next.store(self.urls.len(), Relaxed);
    }
}
