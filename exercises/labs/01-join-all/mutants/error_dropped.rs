use std::thread;

pub type Job = Box<dyn FnOnce() -> Result<u32, String> + Send>;

pub fn run_all(jobs: Vec<Job>) -> Result<Vec<u32>, String> {
    let threads: Vec<_> = jobs.into_iter().map(thread::spawn).collect();
    let results: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    Ok(results.into_iter().filter_map(Result::ok).collect())
}
