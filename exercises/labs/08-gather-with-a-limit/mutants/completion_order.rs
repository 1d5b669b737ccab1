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

/// Results in the order in which the jobs end.
pub async fn gather(jobs: Vec<Job>, limit: Duration) -> Result<Vec<u32>, Failure> {
    let mut running: JoinSet<_> = jobs.into_iter().collect();
    let outcome = timeout(limit, async {
        let mut values = Vec::new();
        while let Some(ended) = running.join_next().await {
            values.push(ended.expect("no job panics").map_err(Failure::Job)?);
        }
        Ok(values)
    });
    let outcome = outcome.await;
    running.shutdown().await;
    outcome.unwrap_or(Err(Failure::TimeLimit))
}
