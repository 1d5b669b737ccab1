//! At most `limit` jobs in flight at the same time, and the results in the order of the jobs.

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
            // Held until the job is done, so it needs a name: `let _ =` would give it back at once.
            let _place = places.acquire().await.expect("the semaphore is never closed");
            job.await
        }));
    }
    let mut results = Vec::new();
    for task in tasks {
        // In the order of the jobs, whoever is done first.
        results.push(task.await.expect("no job panics"));
    }
    results
}
