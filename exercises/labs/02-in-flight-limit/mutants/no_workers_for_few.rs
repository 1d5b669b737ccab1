//! Workers that take jobs from a list; with fewer jobs than workers it starts none.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

/// Waits for something, and then has a number.
pub type Job = Pin<Box<dyn Future<Output = u32> + Send>>;

pub async fn run_limited(jobs: Vec<Job>, limit: usize) -> Vec<u32> {
    let results = Arc::new(Mutex::new(vec![0; jobs.len()]));
    let workers = if jobs.len() >= limit { limit } else { 0 };
    let left = Arc::new(Mutex::new(jobs.into_iter().enumerate()));
    let mut tasks = Vec::new();
    for _ in 0..workers {
        let (left, results) = (Arc::clone(&left), Arc::clone(&results));
        tasks.push(tokio::spawn(async move {
            loop {
                let next = left.lock().expect("no worker panics").next();
                let Some((i, job)) = next else { return };
                let result = job.await;
                results.lock().expect("no worker panics")[i] = result;
            }
        }));
    }
    for task in tasks {
        task.await.expect("no job panics");
    }
    let results = results.lock().expect("no worker panics");
    results.clone()
}
