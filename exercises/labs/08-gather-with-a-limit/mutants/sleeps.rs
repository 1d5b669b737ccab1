use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

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

/// Sleeps and looks, instead of waiting for what happens.
pub async fn gather(jobs: Vec<Job>, limit: Duration) -> Result<Vec<u32>, Failure> {
    let start = Instant::now();
    let mut values = vec![0; jobs.len()];
    let mut running = JoinSet::new();
    for (number, job) in jobs.into_iter().enumerate() {
        running.spawn(async move { (number, job.await) });
    }
    let outcome = loop {
        sleep(Duration::from_millis(10)).await;
        let mut failed = None;
        while let Some(ended) = running.try_join_next() {
            match ended.expect("no job panics") {
                (number, Ok(value)) => values[number] = value,
                (_, Err(error)) => failed = Some(Failure::Job(error)),
            }
        }
        match failed {
            Some(failed) => break Err(failed),
            None if running.is_empty() => break Ok(values),
            None if start.elapsed() >= limit => break Err(Failure::TimeLimit),
            None => {}
        }
    };
    running.shutdown().await;
    outcome
}
