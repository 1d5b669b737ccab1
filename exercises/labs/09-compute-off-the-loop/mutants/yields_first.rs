/// A long computation. It ends with a number or an error.
pub type Work = Box<dyn FnOnce() -> Result<u64, String> + Send>;

/// Lets the others go on once, and then computes on the loop.
pub async fn compute(work: Work) -> Result<u64, String> {
    tokio::task::yield_now().await;
    work()
}
