//! The pool in ordinary tests: `main` is the test harness's.
#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process;

use process_pool::{End, Failure, Pool, Start, task};

task! {
    static SQUARE: fn(u64) -> u64 = |n| n * n;
    static WHO: fn(()) -> (u32, Vec<String>) = |()| (process::id(), std::env::args().collect());
    static ABORT: fn(()) -> () = |()| process::abort();
    static PANIC: fn(()) -> () = |()| panic!("in a worker");
    static OVERFLOW: fn(u64) -> u64 = |n| {
        fn deeper(n: u64) -> u64 {
            std::hint::black_box([n; 1000])[0] + if n == 0 { 0 } else { deeper(std::hint::black_box(n)) }
        }
        deeper(n)
    };
    static PRINT: fn(()) -> () = |()| println!("a worker prints");
}
process_pool::init_before_main!();

fn pool(start: Start) -> Pool {
    Pool::builder().workers(2).start(start).build().expect("a pool")
}

#[test]
fn workers_are_workers_and_not_tests() {
    for start in [Start::Fork, Start::Exec] {
        let pool = pool(start);
        assert_eq!(pool.map(&SQUARE, 0..1000), (0..1000).map(|n| Ok(n * n)).collect::<Vec<_>>());
        let known: BTreeSet<u32> = pool.workers().into_iter().collect();
        let (pid, args) = pool.call(&WHO, &()).unwrap();
        assert!(known.contains(&pid), "the first that were started: none was replaced");
        assert!(args[1].starts_with("__pool-"), "{args:?}");
    }
}

#[test]
fn failures_are_reported_as_elsewhere() {
    let pool = pool(Start::Fork);
    assert_eq!(pool.call(&ABORT, &()), Err(Failure::Died { how: End::Signal(6), attempts: 3 }));
    assert!(matches!(pool.call(&PANIC, &()), Err(Failure::Panicked(panic)) if panic.message == "in a worker"));
    assert_eq!(pool.call(&PRINT, &()), Ok(()));
    // With Rust's runtime, which turns it into an abort, it is signal 6.
    #[cfg(target_os = "linux")]
    assert_eq!(pool.call(&OVERFLOW, &1), Err(Failure::Died { how: End::Signal(11), attempts: 3 }));
}

#[test]
fn pools_of_several_tests_do_not_disturb_each_other() {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(pool(Start::Fork).call(&SQUARE, &3), Ok(9)));
        }
    });
    // A test that fails while a pool is in use ends it.
    let failed = catch_unwind(AssertUnwindSafe(|| {
        let pool = pool(Start::Fork);
        assert_eq!(pool.call(&SQUARE, &3), Ok(10), "on purpose");
    }));
    assert!(failed.is_err());
}
