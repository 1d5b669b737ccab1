//! A pool under load for long: `cargo bench -p process-pool --bench soak [-- --minutes N]` (1 without). Threads call, map,
//! submit and iterate; values are from a byte to 16 MiB; workers are killed, recycled and run over time limits; tasks are cancelled and
//! killed. Each minute it prints what the processes hold. It fails if a task gets a wrong outcome, or if memory or
//! descriptors have grown at the end.

use std::collections::BTreeMap;
use std::fs;
use std::process::{self, ExitCode};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use process_pool::{Bytes, Completed, Failure, Pool, task};
use rustix::process::{Pid, Signal, kill_process};

task! {
    static SQUARE: fn(u64) -> u64 = |n| n * n;
    static REVERSE: fn(Bytes) -> Bytes = |bytes| {
        Bytes::with(bytes.len(), |out| out.iter_mut().zip(bytes.iter().rev()).for_each(|(to, from)| *to = *from))
    };
    /// Waits for so many ms.
    static WAIT: fn(u64) -> u64 = |ms| {
        thread::sleep(Duration::from_millis(ms));
        ms
    };
}

/// In ms: longer than any limit is late, also on a busy machine.
const FOREVER: u64 = 3_600_000;

/// Numbers that look random, and are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

fn main() -> ExitCode {
    process_pool::init();
    let args: Vec<String> = std::env::args().collect();
    if !args.iter().any(|arg| arg == "--bench") {
        return ExitCode::SUCCESS;
    }
    if !cfg!(target_os = "linux") {
        println!("not measured: this system has no /proc");
        return ExitCode::SUCCESS;
    }
    let minutes: u64 =
        args.iter().position(|arg| arg == "--minutes").and_then(|at| args.get(at + 1)?.parse().ok()).unwrap_or(1);
    let pool = Pool::builder().workers(3).retries(1000).max_tasks_per_worker(20_000).recycle_above(256 << 20);
    let pool = pool.build().expect("a pool");
    let (stop, wrong) = (AtomicBool::new(false), AtomicU64::new(0));
    let samples = thread::scope(|scope| {
        let works: [fn(&Pool, &mut Numbers) -> u64; 5] = [calls, maps, bytes, handles, iterators];
        for (n, work) in (1..).zip(works) {
            let (pool, stop, wrong) = (&pool, &stop, &wrong);
            scope.spawn(move || {
                let mut numbers = Numbers(n);
                while !stop.load(Relaxed) {
                    wrong.fetch_add(work(pool, &mut numbers), Relaxed);
                }
            });
        }
        let killer = scope.spawn(|| kill_now_and_then(&pool, &stop));
        let samples = watch(&pool, minutes, &wrong);
        stop.store(true, Relaxed);
        println!("killed from outside: {}", killer.join().expect("the killer"));
        samples
    });
    let is_flat = samples.iter().all(|(name, samples)| is_flat(name, samples));
    let wrong = wrong.into_inner();
    println!("wrong outcomes: {wrong}");
    if is_flat && wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn calls(pool: &Pool, numbers: &mut Numbers) -> u64 {
    let n = numbers.below(1000);
    let square = pool.call(&SQUARE, &n);
    wrong_if(square != Ok(n * n), || format!("the square of {n}: {square:?}"))
}

fn maps(pool: &Pool, numbers: &mut Numbers) -> u64 {
    let count = numbers.below(20_000);
    let squares = pool.map(&SQUARE, 0..count);
    let wrong = |(n, square): (u64, &Result<u64, Failure>)| {
        wrong_if(*square != Ok(n * n), || format!("the square of {n} of {count}: {square:?}"))
    };
    let lost = wrong_if(squares.len() as u64 != count, || format!("{} results of {count}", squares.len()));
    lost + (0..count).zip(&squares).map(wrong).sum::<u64>()
}

fn bytes(pool: &Pool, numbers: &mut Numbers) -> u64 {
    let len = 1 << numbers.below(25);
    let sent: Vec<u8> = (0..len).map(|n: usize| (n % 251) as u8).collect();
    let came = pool.call(&REVERSE, &Bytes::from(sent.clone()));
    let is_right = came.as_ref().is_ok_and(|came| came.iter().rev().eq(&sent));
    wrong_if(!is_right, || format!("{len} bytes: {:?}", came.map(|came| came.len())))
}

/// Some are cancelled, some killed, some run over their limit.
fn handles(pool: &Pool, numbers: &mut Numbers) -> u64 {
    let limited = pool.prepare(&WAIT).timeout(Duration::from_millis(20)).retries(0);
    let mut completed = Completed::new();
    let waits: Vec<u64> = (0..20).map(|_| [0, 1, 5, FOREVER][numbers.below(4) as usize]).collect();
    for ms in &waits {
        completed.push(limited.submit(ms));
    }
    for (n, handle) in completed.handles() {
        match n % 5 {
            0 => _ = handle.cancel(),
            1 => _ = handle.kill(),
            _ => {}
        }
    }
    let wrong = |(n, outcome): (u64, Result<u64, Failure>)| {
        let ms = waits[n as usize];
        let is_wrong = match outcome {
            Ok(waited) => waited != ms || ms == FOREVER,
            Err(Failure::Cancelled) => n % 5 > 1,
            // Killed from outside, or over its limit: on a busy machine a short one, too.
            Err(Failure::TimedOut { .. } | Failure::Died { .. }) => false,
            Err(_) => true,
        };
        wrong_if(is_wrong, || format!("handle {n} of a task of {ms} ms: {outcome:?}"))
    };
    completed.map(wrong).sum()
}

/// Results are taken one by one, with pauses; some iterators are left early.
fn iterators(pool: &Pool, numbers: &mut Numbers) -> u64 {
    let (count, every) = (1 + numbers.below(2000), 1 + numbers.below(200));
    let taken = if numbers.below(4) == 0 { count / 2 } else { count };
    let pause = |n| {
        if n % every == 0 {
            thread::sleep(Duration::from_millis(3));
        }
    };
    let task = pool.prepare(&SQUARE).ahead(1 + numbers.below(1000) as usize);
    let (mut stored, mut fed) = (task.imap((0..count).collect::<Vec<_>>()), task.imap((0..count).map(|n| n + 1)));
    let mut wrong = 0;
    for n in 0..taken {
        pause(n);
        let squares = (stored.next(), fed.next());
        let is_right = squares == (Some(Ok(n * n)), Some(Ok((n + 1) * (n + 1))));
        wrong += wrong_if(!is_right, || format!("the results {n} of {count} of two iterators: {squares:?}"));
    }
    if taken == count {
        let more = (stored.next(), fed.next());
        wrong += wrong_if(more != (None, None), || format!("results after the last: {more:?}"));
    }
    wrong
}

/// 1 if it is wrong, which is printed.
fn wrong_if(is_wrong: bool, what: impl FnOnce() -> String) -> u64 {
    if is_wrong {
        println!("WRONG: {}", what());
    }
    u64::from(is_wrong)
}

fn kill_now_and_then(pool: &Pool, stop: &AtomicBool) -> u64 {
    let mut numbers = Numbers(99);
    let mut killed = 0;
    while !stop.load(Relaxed) {
        thread::sleep(Duration::from_millis(50 + numbers.below(400)));
        let workers = pool.workers();
        let victim = workers.get(numbers.below(workers.len().max(1) as u64) as usize);
        let victim = victim.and_then(|pid| Pid::from_raw(i32::try_from(*pid).ok()?));
        killed += u64::from(victim.is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok()));
    }
    killed
}

/// What is held, by name: a sample each 10 s.
fn watch(pool: &Pool, minutes: u64, wrong: &AtomicU64) -> BTreeMap<&'static str, Vec<f64>> {
    let mut samples: BTreeMap<&'static str, Vec<f64>> = BTreeMap::new();
    let begin = Instant::now();
    for n in 1..=minutes * 6 {
        thread::sleep((begin + Duration::from_secs(10 * n)).saturating_duration_since(Instant::now()));
        let pids = pool.workers();
        let mut note = |name, value| samples.entry(name).or_default().push(value);
        note("descriptors", fs::read_dir("/proc/self/fd").map_or(f64::NAN, |fds| fds.count() as f64));
        note("threads", fs::read_dir("/proc/self/task").map_or(f64::NAN, |tasks| tasks.count() as f64));
        note("mappings", fs::read_to_string("/proc/self/maps").map_or(f64::NAN, |maps| maps.lines().count() as f64));
        note("parent, MiB", resident(process::id()));
        note("workers, MiB", pids.iter().map(|pid| resident(*pid)).fold(0.0, f64::max));
        if n % 6 == 0 {
            let last: Vec<String> =
                samples.iter().map(|(name, all)| format!("{name} {:.0}", all[all.len() - 1])).collect();
            println!("{:>3} min: {}; wrong {}; {:?}", n / 6, last.join("; "), wrong.load(Relaxed), pool.stats());
        }
    }
    samples
}

/// Memory of a process, private and shared, in MiB: proc_pid_status(5). 0 if it has ended.
fn resident(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches(" kB").parse::<f64>().ok()
    };
    (of("RssAnon:").unwrap_or(0.0) + of("RssShmem:").unwrap_or(0.0)) / 1024.0
}

/// Whether the last third holds about as much as the second one: medians, as values vary.
fn is_flat(name: &str, samples: &[f64]) -> bool {
    let median = |samples: &[f64]| {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted[sorted.len() / 2]
    };
    let third = samples.len() / 3;
    let (before, after) = (median(&samples[third..2 * third]), median(&samples[2 * third..]));
    let is_flat = after <= before * 1.15 + 8.0;
    println!("{name}: {before:.0}, then {after:.0}: {}", if is_flat { "flat" } else { "GROWN" });
    is_flat
}
