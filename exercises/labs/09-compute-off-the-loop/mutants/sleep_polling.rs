use std::time::Duration;

/// A long computation. It ends with a number or an error.
pub type Work = Box<dyn FnOnce() -> Result<u64, String> + Send>;

/// Asks every few milliseconds whether the other thread is done.
pub async fn compute(work: Work) -> Result<u64, String> {
    let done = tokio::task::spawn_blocking(work);
    while !done.is_finished() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    done.await.expect("the work does not panic")
}
