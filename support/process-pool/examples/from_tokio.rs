//! CPU-bound work that an async program awaits: `cargo run -p process-pool --example from_tokio`

use std::time::Duration;

use process_pool::{Failure, Pool, task};
use tokio::time::{interval, timeout};

task! {
    static COUNT_PRIMES: fn(u64) -> usize = |below| {
        (2..below).filter(|n| (2..).take_while(|d| d * d <= *n).all(|d| n % d != 0)).count()
    };
    static NEVER_ENDS: fn(()) -> () = |()| loop {
        std::hint::spin_loop();
    };
}

// Not #[tokio::main]: `init` must come before the runtime starts its threads.
fn main() -> Result<(), Box<dyn std::error::Error>> {
    process_pool::init();
    let pool = Pool::builder().workers(2).build()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    Ok(runtime.block_on(serve(&pool))?)
}

async fn serve(pool: &Pool) -> Result<(), Failure> {
    // A handle is a future. The only thread of the runtime is free while workers compute.
    let mut primes = pool.submit(&COUNT_PRIMES, &200_000);
    let mut clock = interval(Duration::from_millis(10));
    let mut ticks = 0;
    let primes = loop {
        tokio::select! {
            outcome = &mut primes => break outcome?,
            _ = clock.tick() => ticks += 1,
        }
    };
    println!("the runtime's clock ticked {ticks} times meanwhile");

    // When time is up, the task runs on, unless it is killed.
    let mut endless = pool.submit(&NEVER_ENDS, &());
    if timeout(Duration::from_millis(100), &mut endless).await.is_err() {
        endless.kill();
    }
    println!("the endless task: {}", endless.await.expect_err("it was killed"));

    println!("primes below 200000: {primes}");
    Ok(())
}
