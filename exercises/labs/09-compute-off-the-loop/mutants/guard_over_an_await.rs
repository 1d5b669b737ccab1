use std::sync::Mutex;

/// A long computation. It ends with a number or an error.
pub type Work = Box<dyn FnOnce() -> Result<u64, String> + Send>;

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Holds a guard of std over an await: the second call blocks the thread that the first one needs to go on.
pub async fn compute(work: Work) -> Result<u64, String> {
    let _guard = ONE_AT_A_TIME.lock().unwrap();
    tokio::task::spawn_blocking(work).await.expect("the work does not panic")
}
