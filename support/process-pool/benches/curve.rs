//! The pool with 1 to 64 workers: `cargo bench -p process-pool --bench curve [-- --rounds N]`. More workers than cores cannot
//! make it faster; they must not make it collapse, either. All sizes in turn, again and again; medians of the rounds.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use process_pool::{Pool, task};

const WORKERS: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];

task! {
    static SQUARE: fn(u64) -> u64 = |n| n * n;
    /// Computes for so many µs.
    static SPIN: fn(u64) -> u64 = |us| {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_micros(us) {
            black_box(us);
        }
        us
    };
}

/// What is measured, in words, and how: the time for one task, in ns.
type Quantity = (&'static str, fn(&Pool) -> f64);

const QUANTITIES: [Quantity; 4] = [
    ("a call of an empty task", |pool| {
        let mut times: Vec<f64> = (0..500).map(|_| time(1, || assert_eq!(pool.call(&SQUARE, &3), Ok(9)))).collect();
        median(&mut times)
    }),
    ("a tiny task of 100,000", |pool| {
        time(100_000, || assert!(pool.map(&SQUARE, 0..100_000).iter().all(|square| square.is_ok())))
    }),
    ("the same by handles", |pool| {
        time(100_000, || {
            let handles: Vec<_> = (0..100_000).map(|n| pool.submit(&SQUARE, &n)).collect();
            assert!(handles.into_iter().all(|handle| handle.wait().is_ok()));
        })
    }),
    ("a task of 500 µs, of 400", |pool| {
        time(400, || assert!(pool.map(&SPIN, vec![500; 400]).iter().all(|spun| spun.is_ok())))
    }),
];

fn main() {
    process_pool::init();
    let args: Vec<String> = std::env::args().collect();
    if !args.iter().any(|arg| arg == "--bench") {
        return;
    }
    let rounds: usize =
        args.iter().position(|arg| arg == "--rounds").and_then(|at| args.get(at + 1)?.parse().ok()).unwrap_or(5);
    println!("cores: {}, rounds: {rounds}", thread::available_parallelism().map_or(1, usize::from));
    let pools: Vec<Pool> = WORKERS
        .iter()
        .map(|workers| {
            let pool = Pool::builder().workers(*workers).build().expect("a pool");
            pool.map(&SPIN, vec![1000; 4 * workers]);
            pool
        })
        .collect();
    for (words, measure) in QUANTITIES {
        let mut seen: Vec<Vec<f64>> = WORKERS.iter().map(|_| Vec::new()).collect();
        for _ in 0..rounds {
            for (pool, seen) in pools.iter().zip(&mut seen) {
                seen.push(measure(pool));
            }
        }
        println!("\n{words}: µs (against 2 workers)");
        let medians: Vec<f64> = seen.iter_mut().map(|times| median(times)).collect();
        for ((workers, ns), times) in WORKERS.iter().zip(&medians).zip(&seen) {
            let (least, most) = (times[0], times[times.len() - 1]);
            let us = |ns: f64| ns / 1e3;
            println!(
                "  {workers:>2} workers: {:9.3} ({:.3} – {:.3}), {:.2} ×",
                us(*ns),
                us(least),
                us(most),
                ns / medians[1]
            );
        }
    }
}

/// The time for one of `count` tasks, in ns.
fn time(count: u32, work: impl FnOnce()) -> f64 {
    let begin = Instant::now();
    work();
    begin.elapsed().as_nanos() as f64 / f64::from(count)
}

/// Sorts them.
fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
