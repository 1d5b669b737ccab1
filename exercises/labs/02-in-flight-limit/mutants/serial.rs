//! One after another: at most `limit` in flight, and never more than one.

use std::future::Future;
use std::pin::Pin;

/// Waits for something, and then has a number.
pub type Job = Pin<Box<dyn Future<Output = u32> + Send>>;

pub async fn run_limited(jobs: Vec<Job>, _limit: usize) -> Vec<u32> {
    let mut results = Vec::new();
    for job in jobs {
        results.push(tokio::spawn(job).await.expect("no job panics"));
    }
    results
}
