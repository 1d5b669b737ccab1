//! Five tasks that wait two seconds each, together, on a single thread: two seconds in all.
//!
//! Article: asyncio, 코드 예시. Run: `cargo run -p asyncio`. Python twin: `python/article.py`.
//!
//! The article's own listing (CC BY 4.0), which this mirrors; `python3 docs/article/five_tasks.py` runs it:
//! ```python
#![doc = include_str!("../../docs/article/five_tasks.py")]
//! ```

// ANCHOR: listing
use std::time::Duration;

use lab::say;
use tokio::task::JoinSet;
use tokio::time;

async fn async_task(name: usize, pause: Duration) {
    say!("태스크 {name} 시작", "Task {name} started");
    time::sleep(pause).await; // stands for I/O
    say!("태스크 {name} 완료", "Task {name} done");
}

/// The article's listing. `current_thread` is Python's event loop: all tasks on the thread that calls.
#[tokio::main(flavor = "current_thread")]
pub async fn listing(pause: Duration) {
    let tasks: JoinSet<()> = (0..5).map(|i| async_task(i, pause)).collect();
    tasks.join_all().await;
}
// ANCHOR_END: listing
