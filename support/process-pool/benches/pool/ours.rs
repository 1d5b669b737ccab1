//! Our pool, and what it runs up against: two bare pipes, and three copies.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::io::{Read, Write};
use std::process::{self, Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use process_pool::{Bytes, Pool, Run, Start, Task};

pub static TASKS: &[&dyn Run] = &[&SQUARE, &WHO, &COPY, &HAND_OVER];
static SQUARE: Task<u64, u64> = Task::new("square", |n| n * n);
static WHO: Task<(), u32> = Task::new("who", |()| process::id());
static COPY: Task<Bytes, Bytes> =
    Task::new("copy", |bytes| Bytes::with(bytes.len(), |copy| copy.copy_from_slice(&bytes)));

static HAND_OVER: Task<Bytes, Bytes> = Task::new("hand-over", |bytes| bytes);

/// Something that can be measured, by the name of the quantity; ns or bytes a unit. `None`: not offered.
pub trait Peer {
    fn name(&self) -> String;
    fn measure(&mut self, quantity: &str, n: usize) -> Option<f64>;
}

/// Our pool of two.
pub struct Ours(Pool, Start);

impl Ours {
    pub fn new(how: Start) -> Ours {
        Ours(start(2, how), how)
    }
}

fn start(workers: usize, how: Start) -> Pool {
    let pool = Pool::builder().workers(workers).start(how).build().expect("a pool");
    until_all(workers, || pool.map(&WHO, vec![(); workers]).into_iter().flatten().collect());
    pool
}

/// Asks until so many workers have answered, with a pause as long as some have not: asking at once would take the core from
/// those that are on their way.
pub fn until_all(workers: usize, mut ask: impl FnMut() -> Vec<u32>) {
    let mut seen = BTreeSet::from_iter(ask());
    while seen.len() < workers {
        thread::sleep(Duration::from_micros(100));
        seen.extend(ask());
    }
}

impl Peer for Ours {
    fn name(&self) -> String {
        if self.1 == Start::Fork { "ours".to_owned() } else { "ours-exec".to_owned() }
    }

    fn measure(&mut self, quantity: &str, n: usize) -> Option<f64> {
        let (pool, how) = (&mut self.0, self.1);
        // Once they are there, it is the same how they came to be.
        if how == Start::Exec && !["first", "start", "fresh"].contains(&quantity) {
            return None;
        }
        Some(match quantity {
            "first" => alone(FIRST, &[&format!("{how:?}"), &n.to_string()])?,
            "start" => starts(|| {
                let begin = Instant::now();
                let pool = start(n, how);
                let took = ns(begin);
                drop(pool);
                took
            }),
            "trip" => median(n, || drop(black_box(pool.call(&SQUARE, &3)))),
            "trip-core" => on_one_core(&pool.workers(), || median(n, || drop(black_box(pool.call(&SQUARE, &3)))))?,
            "tiny" => {
                let begin = Instant::now();
                let squares = pool.map(&SQUARE, 0..n as u64);
                let took = ns(begin);
                assert!((0..).zip(squares).all(|(n, square)| square == Ok(n * n)));
                took / n as f64
            }
            "bytes" => {
                // Copied in, copied by the worker, copied out: handing over does not count.
                let (from, mut to) = (vec![7u8; n], vec![0u8; n]);
                let mut there_and_back = || {
                    let sent = pool.bytes(n, |bytes| bytes.copy_from_slice(&from));
                    to.copy_from_slice(&pool.call(&COPY, &sent).expect("copied"));
                };
                there_and_back();
                median(rounds(n), there_and_back)
            }
            "handed" => {
                let sent = pool.bytes(n, |bytes| bytes.fill(7));
                median(100, || drop(pool.call(&HAND_OVER, &sent)))
            }
            "memory" => memory(pool),
            "fresh" => memory(&start(n, how)),
            _ => return None,
        })
    }
}

/// A program's first pool: the first argument of a process in which nothing was done before.
pub const FIRST: &str = "__first";

/// In that process.
pub fn first(args: &[String]) -> f64 {
    let how = if args[1] == "Exec" { Start::Exec } else { Start::Fork };
    let begin = Instant::now();
    let pool = start(args[2].parse().expect("a number"), how);
    let took = ns(begin);
    drop(pool);
    took
}

/// What this program prints when it is asked for this part alone.
pub fn alone(part: &str, args: &[&str]) -> Option<f64> {
    let output = Command::new(std::env::current_exe().ok()?).arg(part).args(args).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// The median of several starts: one alone would tell what the peer before it has left in the caches.
pub fn starts(one: impl Fn() -> f64) -> f64 {
    let mut times: Vec<f64> = (0..5).map(|_| one()).collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The largest private memory of its workers.
fn memory(pool: &Pool) -> f64 {
    pool.map(&SQUARE, 0..10_000);
    pool.workers().into_iter().filter_map(private).fold(0.0, f64::max)
}

/// Runs `work` while this thread and these processes are pinned to one core, so that the sleep states of other cores do not
/// matter. `None` where a process cannot be pinned.
#[cfg(target_os = "linux")]
fn on_one_core<T>(processes: &[u32], work: impl FnOnce() -> T) -> Option<T> {
    use rustix::process::Pid;
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let before = sched_getaffinity(None).ok()?;
    let mut one = CpuSet::new();
    one.set((0..CpuSet::MAX_CPU).find(|core| before.is_set(*core))?);
    let all = || processes.iter().map(|pid| Pid::from_raw(*pid as i32)).chain([None]);
    all().try_for_each(|who| sched_setaffinity(who, &one)).ok()?;
    let done = work();
    all().try_for_each(|who| sched_setaffinity(who, &before)).ok()?;
    Some(done)
}

#[cfg(not(target_os = "linux"))]
fn on_one_core<T>(_: &[u32], _: impl FnOnce() -> T) -> Option<T> {
    None
}

/// Repetitions for so many bytes.
pub fn rounds(bytes: usize) -> usize {
    ((24 << 20) / bytes.max(1)).clamp(3, 12)
}

/// The private memory of a process, in bytes.
fn private(pid: u32) -> Option<f64> {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let kib = |key| {
        rollup.lines().find_map(|line| line.strip_prefix(key))?.trim().trim_end_matches(" kB").parse::<f64>().ok()
    };
    Some((kib("Private_Clean:")? + kib("Private_Dirty:")?) * 1024.0)
}

pub fn ns(begin: Instant) -> f64 {
    begin.elapsed().as_nanos() as f64
}

/// The median time of `n` runs.
pub fn median(n: usize, mut work: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..n)
        .map(|_| {
            let begin = Instant::now();
            work();
            ns(begin)
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// What the machine allows.
pub struct Limit(Child);

/// The first argument of the process at the other end of the bare pipes.
pub const ECHO: &str = "__echo";

impl Limit {
    pub fn new() -> Limit {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        Limit(command.arg(ECHO).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("this program"))
    }
}

/// 16 bytes there, 16 bytes back.
pub fn echo() {
    let (mut from, mut to) = (std::io::stdin().lock(), std::io::stdout().lock());
    let mut message = [0; 16];
    while from.read_exact(&mut message).and_then(|()| to.write_all(&message)).and_then(|()| to.flush()).is_ok() {}
}

impl Peer for Limit {
    fn name(&self) -> String {
        "limit".to_owned()
    }

    fn measure(&mut self, quantity: &str, n: usize) -> Option<f64> {
        match quantity {
            "trip" | "trip-core" => {
                let echo = self.0.id();
                let (to, from) = (self.0.stdin.as_mut()?, self.0.stdout.as_mut()?);
                let mut message = [0; 16];
                let mut there_and_back =
                    || median(n, || to.write_all(&message).and_then(|()| from.read_exact(&mut message)).expect("echo"));
                if quantity == "trip" { Some(there_and_back()) } else { on_one_core(&[echo], there_and_back) }
            }
            "bytes" => {
                let mut buffers = [vec![7u8; n], vec![1u8; n], vec![2u8; n], vec![3u8; n]];
                Some(median(rounds(n), || {
                    for k in 0..3 {
                        let (from, to) = buffers.split_at_mut(k + 1);
                        to[0].copy_from_slice(&from[k]);
                        black_box(&to[0]);
                    }
                }))
            }
            _ => None,
        }
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}
