//! Counts by hand, and is off by one.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;

/// Waits for something, and then has a number.
pub type Job = Pin<Box<dyn Future<Output = u32> + Send>>;

pub async fn run_limited(jobs: Vec<Job>, limit: usize) -> Vec<u32> {
    let mut in_flight = VecDeque::new();
    let mut results = Vec::new();
    for job in jobs {
        if in_flight.len() > limit {
            let first: tokio::task::JoinHandle<u32> = in_flight.pop_front().expect("not empty");
            results.push(first.await.expect("no job panics"));
        }
        in_flight.push_back(tokio::spawn(job));
    }
    for task in in_flight {
        results.push(task.await.expect("no job panics"));
    }
    results
}
