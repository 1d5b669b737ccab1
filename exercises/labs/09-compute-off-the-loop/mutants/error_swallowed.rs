/// A long computation. It ends with a number or an error.
pub type Work = Box<dyn FnOnce() -> Result<u64, String> + Send>;

/// A failure becomes a zero.
pub async fn compute(work: Work) -> Result<u64, String> {
    Ok(tokio::task::spawn_blocking(work).await.expect("the work does not panic").unwrap_or(0))
}
