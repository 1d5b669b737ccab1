//! The first error ends the call, and what was not begun never is: `cargo run -p process-pool --example cancel_on_first_error`

use std::thread::sleep;
use std::time::Duration;

use process_pool::{Failure, Pool, task};

task! {
    /// Checks a block of a backup, and gives its size.
    static VERIFY: fn(u64) -> Result<u64, String> = |block| {
        sleep(Duration::from_millis(10));
        if block == 20 { Err(format!("block {block} is damaged")) } else { Ok(4096) }
    };
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    process_pool::init();

    let pool = Pool::builder().workers(4).build()?;
    // In the order of the arguments, so it is always the first error. `imap_unordered` gives the one that comes first.
    let outcomes = pool.imap(&VERIFY, 0..1000);
    let verified = outcomes.map(|outcome| outcome.unwrap_or_else(|failure: Failure| Err(failure.to_string())));
    // `sum` stops at the first `Err` and drops the iterator: tasks that run are killed, the others are not begun.
    let size: Result<u64, String> = verified.sum();

    println!("of 1000 tasks, {} had ended by then", pool.stats().done);
    // The pool goes on. (With handles, `Handle::cancel` and `Handle::kill` do the same for a single task.)
    assert_eq!(pool.call(&VERIFY, &0), Ok(Ok(4096)));
    println!("{}", size.expect_err("a block is damaged"));
    Ok(())
}
