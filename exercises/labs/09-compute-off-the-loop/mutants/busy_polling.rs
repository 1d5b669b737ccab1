/// A long computation. It ends with a number or an error.
pub type Work = Box<dyn FnOnce() -> Result<u64, String> + Send>;

/// Asks all the time whether the other thread is done.
pub async fn compute(work: Work) -> Result<u64, String> {
    let done = tokio::task::spawn_blocking(work);
    while !done.is_finished() {
        tokio::task::yield_now().await;
    }
    done.await.expect("the work does not panic")
}
