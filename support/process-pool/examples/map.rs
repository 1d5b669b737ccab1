//! A function of every argument, in worker processes: `cargo run -p process-pool --example map`

use process_pool::{Failure, Pool, task};

task! {
    /// How many steps a number takes to reach 1: halved if it is even, else times three plus one.
    static STEPS: fn(u64) -> u32 = |start| {
        let mut n = start;
        let mut steps = 0;
        while n != 1 {
            n = if n % 2 == 0 { n / 2 } else { 3 * n + 1 };
            steps += 1;
        }
        steps
    };
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    process_pool::init(); // must come first: a worker is this program, started once more

    let pool = Pool::builder().build()?; // a worker for each core
    let numbers = 1..100_000;
    // Every task ends with its value or with a failure. Collecting into a `Result` stops at the first failure.
    let steps: Vec<u32> = pool.map(&STEPS, numbers.clone()).into_iter().collect::<Result<_, Failure>>()?;

    let (most, start) = steps.into_iter().zip(numbers).max().expect("there are numbers");
    println!("below 100000, {start} takes the most steps: {most}");
    Ok(())
}
