//! A task that wants too much memory ends alone: `cargo run -p process-pool --example memory_limit`

use process_pool::{Pool, limits, task};

task! {
    /// Needs as many MiB as it is told.
    static FILL: fn(usize) -> usize = |mib| vec![1u8; mib << 20].iter().map(|&byte| usize::from(byte)).sum();
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    process_pool::init();

    if !limits::can_limit_memory() {
        println!("memory is limited on Linux only");
        return Ok(());
    }
    // No worker may allocate more than 1 GiB besides what it starts with, so that the kernel need not kill processes.
    let pool = Pool::builder().workers(2).memory(1 << 30).build()?;

    // These tasks get less. One that needs more aborts; it would do so again, so it is not repeated.
    let fill = pool.prepare(&FILL).memory(64 << 20).retries(0).label("fill");
    for (mib, outcome) in [1, 16, 256].into_iter().zip(fill.map([1, 16, 256])) {
        match outcome {
            Ok(bytes) => println!("{mib} MiB: {bytes} bytes"),
            Err(failure) => println!("{mib} MiB: {failure}"),
        }
    }
    Ok(())
}
