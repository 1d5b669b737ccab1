use std::thread;

/// A long computation. It ends with a number or an error.
pub type Work = Box<dyn FnOnce() -> Result<u64, String> + Send>;

/// Another thread, and `join` blocks this one.
pub async fn compute(work: Work) -> Result<u64, String> {
    thread::spawn(work).join().expect("the work does not panic")
}
