//! The article's five tasks on smol: all on a single thread.
//!
//! Article: asyncio, 코드 예시. Run: `cargo run -p asyncio -- --runtime smol`. Python twin: `python/article.py`.

use std::time::Duration;

use lab::say;
use smol::{LocalExecutor, Timer};

async fn async_task(name: usize, pause: Duration) {
    say!("태스크 {name} 시작", "Task {name} started");
    Timer::after(pause).await; // stands for I/O
    say!("태스크 {name} 완료", "Task {name} done");
}

/// The article's listing. Tasks of a `LocalExecutor` run on the calling thread only; smol's helper thread, async-io, handles timers
/// and runs no task. `smol::spawn` would move the tasks to another thread.
pub fn listing(pause: Duration) {
    let executor = LocalExecutor::new();
    let main = async {
        let tasks: Vec<_> = (0..5).map(|i| executor.spawn(async_task(i, pause))).collect();
        for task in tasks {
            task.await;
        }
    };
    smol::block_on(executor.run(main));
}
