use std::sync::mpsc;
use std::thread;

pub type Job = Box<dyn FnOnce() -> Result<u32, String> + Send>;

pub fn run_all(jobs: Vec<Job>) -> Result<Vec<u32>, String> {
    let (sender, results) = mpsc::channel();
    for job in jobs {
        let sender = sender.clone();
        thread::spawn(move || sender.send(job()).unwrap());
    }
    drop(sender);
    // Ends when all threads have dropped their senders, so all have ended.
    let results: Vec<_> = results.iter().collect();
    results.into_iter().collect()
}
