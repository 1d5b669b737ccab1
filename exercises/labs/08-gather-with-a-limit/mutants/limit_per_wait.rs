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

/// The limit starts again with every job that ends.
pub async fn gather(jobs: Vec<Job>, limit: Duration) -> Result<Vec<u32>, Failure> {
    let mut values = vec![0; jobs.len()];
    let mut running = JoinSet::new();
    for (number, job) in jobs.into_iter().enumerate() {
        running.spawn(async move { (number, job.await) });
    }
    let outcome = loop {
        match timeout(limit, running.join_next()).await {
            Err(_) => break Err(Failure::TimeLimit),
            Ok(None) => break Ok(values),
            Ok(Some(ended)) => match ended.expect("no job panics") {
                (number, Ok(value)) => values[number] = value,
                (_, Err(error)) => break Err(Failure::Job(error)),
            },
        }
    };
    running.shutdown().await;
    outcome
}
