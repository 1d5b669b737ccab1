use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A long computation. It ends with a number or an error.
pub type Work = Box<dyn FnOnce() -> Result<u64, String> + Send>;

/// Sleeps for as long as the work should take, and takes what is there then.
pub async fn compute(work: Work) -> Result<u64, String> {
    let result = Arc::new(Mutex::new(Ok(0)));
    let place = Arc::clone(&result);
    std::thread::spawn(move || {
        let done = work();
        *place.lock().unwrap() = done;
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let done = result.lock().unwrap().clone();
    done
}
