//! Five tasks that wait two seconds each, at the same time, on a single thread: two seconds in total.
//!
//! Article: asyncio, 코드 예시. Run: `cargo run -p asyncio`. Python twin: `python/article.py`.
//!
//! The article's listing (CC BY 4.0), which this file mirrors; `python3 docs/article/five_tasks.py` runs it:
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

/// The article's listing. `current_thread` corresponds to Python's event loop: all tasks run on the calling thread.
#[tokio::main(flavor = "current_thread")]
pub async fn listing(pause: Duration) {
    let tasks: JoinSet<()> = (0..5).map(|i| async_task(i, pause)).collect();
    tasks.join_all().await;
}
// ANCHOR_END: listing
