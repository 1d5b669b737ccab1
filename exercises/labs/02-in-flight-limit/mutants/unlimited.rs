//! All at once: the limit is not used.

use std::future::Future;
use std::pin::Pin;

/// Waits for something, and then has a number.
pub type Job = Pin<Box<dyn Future<Output = u32> + Send>>;

pub async fn run_limited(jobs: Vec<Job>, _limit: usize) -> Vec<u32> {
    let tasks: Vec<_> = jobs.into_iter().map(tokio::spawn).collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.expect("no job panics"));
    }
    results
}
