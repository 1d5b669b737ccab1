/// A long computation. It ends with a number or an error.
pub type Work = Box<dyn FnOnce() -> Result<u64, String> + Send>;

/// A task of its own, on the same thread: the loop stands still all the same.
pub async fn compute(work: Work) -> Result<u64, String> {
    tokio::spawn(async move { work() }).await.expect("the work does not panic")
}
