//! The results in the order in which the jobs were done.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Waits for something, and then has a number.
pub type Job = Pin<Box<dyn Future<Output = u32> + Send>>;

pub async fn run_limited(jobs: Vec<Job>, limit: usize) -> Vec<u32> {
    let places = Arc::new(Semaphore::new(limit));
    let mut tasks = JoinSet::new();
    for job in jobs {
        let places = Arc::clone(&places);
        tasks.spawn(async move {
            let _place = places.acquire().await.expect("the semaphore is never closed");
            job.await
        });
    }
    tasks.join_all().await
}
