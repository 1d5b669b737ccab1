//! Gather with a time limit: it fails fast, and leaves nobody running.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

/// A job waits for something, and ends with a number or an error.
pub type Job = Pin<Box<dyn Future<Output = Result<u32, String>> + Send>>;

/// Why there is no list of results.
#[derive(Debug, PartialEq)]
pub enum Failure {
    /// A job failed, with this error.
    Job(String),
    /// The time limit was reached first.
    TimeLimit,
}

/// Runs all jobs at the same time. Returns their results in the order of `jobs`, or the first failure.
pub async fn gather(jobs: Vec<Job>, limit: Duration) -> Result<Vec<u32>, Failure> {
    let count = jobs.len();
    // If this function is cancelled, the set is dropped, and that aborts every task in it.
    let mut running = JoinSet::new();
    for (number, job) in jobs.into_iter().enumerate() {
        running.spawn(async move { (number, job.await) });
    }
    let outcome = timeout(limit, collect(&mut running, count)).await;
    // `abort` only asks. `shutdown` also waits until the tasks are gone.
    running.shutdown().await;
    outcome.unwrap_or(Err(Failure::TimeLimit))
}

async fn collect(running: &mut JoinSet<(usize, Result<u32, String>)>, count: usize) -> Result<Vec<u32>, Failure> {
    let mut values = vec![0; count];
    while let Some(ended) = running.join_next().await {
        let (number, result) = ended.expect("no job panics");
        values[number] = result.map_err(Failure::Job)?;
    }
    Ok(values)
}
