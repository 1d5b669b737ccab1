//! `let _ =` gives the permit back in the same line, before the job begins.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Semaphore;

/// Waits for something, and then has a number.
pub type Job = Pin<Box<dyn Future<Output = u32> + Send>>;

pub async fn run_limited(jobs: Vec<Job>, limit: usize) -> Vec<u32> {
    let places = Arc::new(Semaphore::new(limit));
    let mut tasks = Vec::new();
    for job in jobs {
        let places = Arc::clone(&places);
        tasks.push(tokio::spawn(async move {
            let _ = places.acquire().await.expect("the semaphore is never closed");
            job.await
        }));
    }
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.expect("no job panics"));
    }
    results
}
