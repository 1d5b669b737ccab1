//! Starts `limit` jobs and sleeps for as long as they should need, instead of waiting until one is done.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// Waits for something, and then has a number.
pub type Job = Pin<Box<dyn Future<Output = u32> + Send>>;

pub async fn run_limited(jobs: Vec<Job>, limit: usize) -> Vec<u32> {
    let mut tasks = Vec::new();
    for (i, job) in jobs.into_iter().enumerate() {
        if i > 0 && i % limit == 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        tasks.push(tokio::spawn(job));
    }
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.expect("no job panics"));
    }
    results
}
