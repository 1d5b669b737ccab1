//! Five real processes, each of which counts to ten million. No `fork` is needed: the program starts itself again.
//!
//! Article: 멀티프로세싱, 코드 예시. Run: `cargo run -p multiprocessing`. Python twin: `python/article.py`.
//!
//! The article's own listing (CC BY 4.0), which this mirrors; `python3 docs/article/five_processes.py` runs it:
//! ```python
#![doc = include_str!("../../docs/article/five_processes.py")]
//! ```

use std::env;
use std::hint::black_box;
use std::io;
use std::process::{Child, Command, ExitStatus};

use lab::say;

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
/// The article's listing. Returns how each process ended. All are waited for, even when one could not start or died.
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
/// `mp.Process(target=process_task, args=(name,))` and its `start()`: this program once more, with the task as its argument.
fn start(name: u64, iterations: u64) -> io::Result<Child> {
    Command::new(env::current_exe()?)
        .args([PROCESS_TASK, "--name", &name.to_string(), "--iterations", &iterations.to_string()])
        .args(["--lang", lab::lang::current().code()])
        .stdin(lab::process::lifeline::end()?) // it ends with us
        .stdout(say::end()?) // what it says, we say
        .spawn()
}
// ANCHOR_END: start

/// The child command of a process of the listing.
const PROCESS_TASK: &str = "process-task";

/// A process of the listing.
pub fn child() -> lab::cli::Experiment {
    let mut options = lab::cli::Options::new();
    let name = options.count("name", 0..=4, 0, Default::default());
    let iterations = options.count("iterations", 1..=crate::work::MAX_ITERATIONS, 1, Default::default());
    lab::cli::Experiment::child(PROCESS_TASK, options, move |args| {
        process_task(args.get(name), args.get(iterations));
        Ok(())
    })
}
