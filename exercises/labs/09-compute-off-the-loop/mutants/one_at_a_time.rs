use tokio::sync::Mutex;

/// A long computation. It ends with a number or an error.
pub type Work = Box<dyn FnOnce() -> Result<u64, String> + Send>;

static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// A second computation waits for the first.
pub async fn compute(work: Work) -> Result<u64, String> {
    let _guard = ONE_AT_A_TIME.lock().await;
    tokio::task::spawn_blocking(work).await.expect("the work does not panic")
}
