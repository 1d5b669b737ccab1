use std::sync::mpsc;
use std::thread;

pub type Job = Box<dyn FnOnce() -> Result<u32, String> + Send>;

pub fn run_all(jobs: Vec<Job>) -> Result<Vec<u32>, String> {
    let (sender, results) = mpsc::channel();
    let mut numbers = vec![0; jobs.len()];
    for (n, job) in jobs.into_iter().enumerate() {
        let sender = sender.clone();
        thread::spawn(move || sender.send((n, job())));
    }
    drop(sender);
    for (n, result) in results {
        numbers[n] = result?;
    }
    Ok(numbers)
}
