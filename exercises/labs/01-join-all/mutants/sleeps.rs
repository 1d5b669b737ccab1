use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

pub type Job = Box<dyn FnOnce() -> Result<u32, String> + Send>;

pub fn run_all(jobs: Vec<Job>) -> Result<Vec<u32>, String> {
    let results = Arc::new(Mutex::new(vec![Ok(0); jobs.len()]));
    for (n, job) in jobs.into_iter().enumerate() {
        let results = Arc::clone(&results);
        thread::spawn(move || {
            let result = job();
            results.lock().unwrap()[n] = result;
        });
    }
    thread::sleep(Duration::from_millis(500));
    results.lock().unwrap().iter().cloned().collect()
}
