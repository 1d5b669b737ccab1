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

/// Gives up at a tenth of the limit.
pub async fn gather(jobs: Vec<Job>, limit: Duration) -> Result<Vec<u32>, Failure> {
    let mut values = vec![0; jobs.len()];
    let mut running = JoinSet::new();
    for (number, job) in jobs.into_iter().enumerate() {
        running.spawn(async move { (number, job.await) });
    }
    let outcome = timeout(limit / 10, async {
        while let Some(ended) = running.join_next().await {
            let (number, result) = ended.expect("no job panics");
            values[number] = result.map_err(Failure::Job)?;
        }
        Ok(values)
    });
    let outcome = outcome.await;
    running.shutdown().await;
    outcome.unwrap_or(Err(Failure::TimeLimit))
}
