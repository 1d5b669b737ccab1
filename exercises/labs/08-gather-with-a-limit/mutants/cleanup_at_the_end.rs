use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::sync::mpsc;
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

/// Ends every task on its last lines, which a cancelled function never reaches.
pub async fn gather(jobs: Vec<Job>, limit: Duration) -> Result<Vec<u32>, Failure> {
    let mut values = vec![0; jobs.len()];
    let (ended, mut results) = mpsc::unbounded_channel();
    let mut tasks = Vec::new();
    for (number, job) in jobs.into_iter().enumerate() {
        let ended = ended.clone();
        tasks.push(tokio::spawn(async move { ended.send((number, job.await)).is_ok() }));
    }
    drop(ended);
    let collect = async {
        while let Some((number, result)) = results.recv().await {
            values[number] = result.map_err(Failure::Job)?;
        }
        Ok(values)
    };
    let outcome = timeout(limit, collect).await.unwrap_or(Err(Failure::TimeLimit));
    for task in tasks {
        task.abort();
        let _ = task.await;
    }
    outcome
}
