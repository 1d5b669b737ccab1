//! Time limits, for tasks that may never end: `cargo run -p process-pool --example time_limits`

use std::time::Duration;

use process_pool::{Failure, Pool, task};

task! {
    /// Does not end for some arguments, and cannot be asked to: only the end of its process stops it.
    static HALVE_UNTIL_ZERO: fn(f64) -> u32 = |start| {
        let (mut n, mut steps) = (start, 0u32);
        while n != 0.0 {
            n /= 2.0;
            steps = steps.wrapping_add(1);
        }
        steps
    };
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    process_pool::init();

    // For all tasks of the pool, unless they say otherwise.
    let pool = Pool::builder().workers(2).timeout(Duration::from_secs(60)).build()?;
    assert_eq!(pool.call(&HALVE_UNTIL_ZERO, &1.0), Ok(1075));

    // For some: a run is stopped after 0.2 s, and is not repeated.
    let strict = pool.prepare(&HALVE_UNTIL_ZERO).timeout(Duration::from_millis(200)).retries(0).label("infinity");
    let endless = strict.submit(&f64::INFINITY);
    // The worker is replaced. The other one works meanwhile.
    let steps: Result<Vec<u32>, Failure> = pool.map(&HALVE_UNTIL_ZERO, [2.0, 4.0, 8.0]).into_iter().collect();
    println!("others: {:?}", steps?);

    match endless.wait() {
        Err(failure) if *failure.reason() == Failure::TimedOut { attempts: 1 } => println!("{failure}"),
        other => panic!("it cannot have ended: {other:?}"),
    }
    Ok(())
}
