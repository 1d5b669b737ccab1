//! The article's five tasks on async-std: together, but on its own threads, one for each core.
//!
//! async-std is discontinued (RUSTSEC-2025-0052, 24 August 2025; its authors recommend smol). Read old code with it; write no new code.
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

/// The article's listing. Tasks go to the threads of a pool that async-std starts for the whole process;
/// `ASYNC_STD_THREAD_COUNT=1` makes it a single one.
pub fn listing(pause: Duration) {
    task::block_on(async {
        let tasks: Vec<_> = (0..5).map(|i| task::spawn(async_task(i, pause))).collect();
        for task in tasks {
            task.await;
        }
    });
}
