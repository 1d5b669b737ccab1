use std::thread;

pub type Job = Box<dyn FnOnce() -> Result<u32, String> + Send>;

pub fn run_all(jobs: Vec<Job>) -> Result<Vec<u32>, String> {
    let mut jobs = jobs.into_iter().peekable();
    let mut results = Vec::new();
    while jobs.peek().is_some() {
        let threads: Vec<_> = jobs.by_ref().take(2).map(thread::spawn).collect();
        results.extend(threads.into_iter().map(|thread| thread.join().unwrap()));
    }
    results.into_iter().collect()
}
