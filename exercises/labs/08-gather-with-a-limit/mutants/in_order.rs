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

/// Waits for the jobs in their order: a failure of a later job is not seen while an earlier one waits.
pub async fn gather(jobs: Vec<Job>, limit: Duration) -> Result<Vec<u32>, Failure> {
    let mut guard = JoinSet::new();
    let mut answers = Vec::new();
    for job in jobs {
        let (answer, waiting) = tokio::sync::oneshot::channel();
        answers.push(waiting);
        guard.spawn(async move {
            let _ = answer.send(job.await);
        });
    }
    let outcome = timeout(limit, async {
        let mut values = Vec::new();
        for answer in answers {
            values.push(answer.await.expect("no job panics").map_err(Failure::Job)?);
        }
        Ok(values)
    });
    let outcome = outcome.await;
    guard.shutdown().await;
    outcome.unwrap_or(Err(Failure::TimeLimit))
}
