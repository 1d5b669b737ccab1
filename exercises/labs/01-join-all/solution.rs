//! Five waits at once: all jobs run at the same time, and all are joined.

use std::thread;

/// Waits for something, such as an answer from a server. Then it has a number, or it has failed.
pub type Job = Box<dyn FnOnce() -> Result<u32, String> + Send>;

/// Runs all jobs at the same time. Returns their numbers in the order of the jobs, or the error of one that failed; in both cases
/// only when every job has ended.
pub fn run_all(jobs: Vec<Job>) -> Result<Vec<u32>, String> {
    let threads: Vec<_> = jobs.into_iter().map(thread::spawn).collect();
    // All are joined before any result is looked at: `?` in this line would leave the others running.
    let results: Vec<_> = threads.into_iter().map(|thread| thread.join().expect("no job panics")).collect();
    results.into_iter().collect()
}
