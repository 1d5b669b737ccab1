//! A pool in tests, whose `main` is not yours: `cargo test -p process-pool --example tests`

use process_pool::{Failure, Pool, task};

task! {
    static PARSE: fn(String) -> Result<i64, String> = |text| text.parse().map_err(|_| format!("no number: {text}"));
}

/// What is tested.
fn sum(pool: &Pool, numbers: &[&str]) -> Result<i64, String> {
    let outcomes = pool.map(&PARSE, numbers.iter().map(|number| (*number).to_owned()));
    outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(|failure: Failure| Err(failure.to_string()))).sum()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    process_pool::init();
    println!("{}", sum(&Pool::builder().workers(2).build()?, &["1", "20", "300"])?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Once in each test file, instead of `init` in `main`. Nothing else is needed, neither for `cargo test` nor for nextest.
    process_pool::init_before_main!();

    #[test]
    fn numbers_are_summed() {
        let pool = Pool::builder().workers(2).build().unwrap();
        assert_eq!(sum(&pool, &["1", "20", "300"]), Ok(321));
    }

    #[test]
    fn what_is_no_number_is_named() {
        let pool = Pool::builder().workers(2).build().unwrap();
        assert_eq!(sum(&pool, &["1", "two"]), Err("no number: two".to_owned()));
    }
}
