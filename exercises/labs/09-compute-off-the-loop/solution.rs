//! Computing without stalling the event loop.

/// A long computation. It ends with a number or an error.
pub type Work = Box<dyn FnOnce() -> Result<u64, String> + Send>;

/// Does the work, while the other tasks of this runtime go on. The runtime has one thread.
pub async fn compute(work: Work) -> Result<u64, String> {
    tokio::task::spawn_blocking(work).await.expect("the work does not panic")
}
