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

/// One job after another, under one limit.
pub async fn gather(jobs: Vec<Job>, limit: Duration) -> Result<Vec<u32>, Failure> {
    let one_after_another = async {
        let mut values = Vec::new();
        for job in jobs {
            values.push(job.await.map_err(Failure::Job)?);
        }
        Ok(values)
    };
    timeout(limit, one_after_another).await.unwrap_or(Err(Failure::TimeLimit))
}
