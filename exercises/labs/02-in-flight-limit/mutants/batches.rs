//! In batches of `limit`: the whole batch waits for its slowest job.

use std::future::Future;
use std::pin::Pin;

/// Waits for something, and then has a number.
pub type Job = Pin<Box<dyn Future<Output = u32> + Send>>;

pub async fn run_limited(jobs: Vec<Job>, limit: usize) -> Vec<u32> {
    let mut jobs = jobs.into_iter();
    let mut results = Vec::new();
    loop {
        let batch: Vec<_> = jobs.by_ref().take(limit).map(tokio::spawn).collect();
        if batch.is_empty() {
            return results;
        }
        for task in batch {
            results.push(task.await.expect("no job panics"));
        }
    }
}
