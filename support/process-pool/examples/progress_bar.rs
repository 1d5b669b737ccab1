//! A progress bar, and what the bar must not hide: `cargo run -p process-pool --example progress_bar`

use std::thread::sleep;
use std::time::Duration;

use indicatif::ProgressBar;
use process_pool::{Event, Pool, task};

task! {
    /// Takes a moment. One argument ends the process, as a bug in a C library would.
    static WORK: fn(u64) -> u64 = |n| {
        sleep(Duration::from_millis(5));
        if n == 100 { std::process::abort() } else { n }
    };
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    process_pool::init();

    let count = 400;
    let bar = ProgressBar::new(count); // on standard error, if that is a terminal
    let above = bar.clone();
    let pool = Pool::builder()
        .workers(4)
        .observer(move |event| {
            if let Event::WorkerDied { pid, how } = event {
                above.suspend(|| eprintln!("worker {pid} died: {how}"));
            }
        })
        .build()?;

    let mut failures = Vec::new();
    // Results in the order in which they come: a slow task does not hold up the bar.
    for (index, outcome) in pool.imap_unordered(&WORK, 0..count) {
        if let Err(failure) = outcome {
            failures.push(format!("task {index}: {failure}"));
        }
        bar.inc(1);
    }
    bar.finish();
    println!("{} of {count} tasks; {}", bar.position() - failures.len() as u64, failures.join(", "));
    Ok(())
}
