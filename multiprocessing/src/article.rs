//! Five real processes that count to ten million, each on its own.
//!
//! Article: 멀티프로세싱, 코드 예시. Run: `cargo run -p multiprocessing`. Python twin: `python/article.py`.
//!
//! The article's own listing (CC BY 4.0), which this mirrors; `python3 docs/article/five_processes.py` runs it:
//! ```python
#![doc = include_str!("../../docs/article/five_processes.py")]
//! ```

use std::hint::black_box;
use std::io;
use std::process::{Child, ExitStatus};

use lab::say;

use crate::this_program::this_program;

// ANCHOR: task
/// What each process does.
pub fn process_task(name: u64, iterations: u64) {
    say!("프로세스 {name} 시작", "Process {name} started");
    // stands for CPU-bound work
    let mut count: u128 = 0;
    for i in 0..iterations {
        count += u128::from(black_box(i));
    }
    black_box(count);
    say!("프로세스 {name} 완료", "Process {name} done");
}
// ANCHOR_END: task

// ANCHOR: listing
/// The article's listing: how each process ended. All are waited for, even if one of them could not start or died.
pub fn listing(iterations: u64) -> Vec<io::Result<ExitStatus>> {
    let mut processes = Vec::new();
    for i in 0..5 {
        let p = start(i, iterations);
        processes.push(p);
    }

    let mut ends = Vec::new();
    for p in processes {
        ends.push(p.and_then(|mut p| p.wait()));
    }
    ends
}
// ANCHOR_END: listing

// ANCHOR: start
/// `mp.Process(target=process_task, args=(name,))` and its `start()`: this program once more, told to do the task.
fn start(name: u64, iterations: u64) -> io::Result<Child> {
    let (name, iterations) = (name.to_string(), iterations.to_string());
    this_program()?.args([PROCESS_TASK, "--name", &name, "--iterations", &iterations]).spawn()
}
// ANCHOR_END: start

/// The word on the command line that makes this program run [`process_task`].
pub const PROCESS_TASK: &str = "process-task";
