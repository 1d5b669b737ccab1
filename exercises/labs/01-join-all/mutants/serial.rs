use std::thread;

pub type Job = Box<dyn FnOnce() -> Result<u32, String> + Send>;

pub fn run_all(jobs: Vec<Job>) -> Result<Vec<u32>, String> {
    // A thread for each job, and each is joined before the next one is started.
    let results: Vec<_> = jobs.into_iter().map(|job| thread::spawn(job).join().unwrap()).collect();
    results.into_iter().collect()
}
