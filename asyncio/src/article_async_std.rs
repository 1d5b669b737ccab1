//! The article's five tasks on async-std: at the same time, but on the threads of its pool, one per core.
//!
//! async-std is discontinued (RUSTSEC-2025-0052, 24 August 2025; its authors recommend smol). It is here to help read old code; do
//! not use it for new code.
//!
//! Article: asyncio, 코드 예시. Run: `cargo run -p asyncio -- --runtime async-std`. Python twin: `python/article.py`.

use std::time::Duration;

use async_std::task;
use lab::say;

async fn async_task(name: usize, pause: Duration) {
    say!("태스크 {name} 시작", "Task {name} started");
    task::sleep(pause).await; // stands for I/O
    say!("태스크 {name} 완료", "Task {name} done");
}

/// The article's listing. async-std starts one thread pool for the whole process and runs the tasks there;
/// `ASYNC_STD_THREAD_COUNT=1` limits the pool to one thread.
pub fn listing(pause: Duration) {
    task::block_on(async {
        let tasks: Vec<_> = (0..5).map(|i| task::spawn(async_task(i, pause))).collect();
        for task in tasks {
            task.await;
        }
    });
}
