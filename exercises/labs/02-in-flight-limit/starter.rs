//! At most `limit` jobs in flight at the same time, and the results in the order of the jobs.

use std::future::Future;
use std::pin::Pin;

/// Waits for something, and then has a number.
pub type Job = Pin<Box<dyn Future<Output = u32> + Send>>;

/// Now one waits after another.
pub async fn run_limited(jobs: Vec<Job>, limit: usize) -> Vec<u32> {
    let _ = limit;
    let mut results = Vec::new();
    for job in jobs {
        results.push(job.await);
    }
    results
}
