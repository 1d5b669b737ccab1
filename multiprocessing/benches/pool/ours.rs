//! Our pool, and what it runs up against: two bare pipes, and three copies.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::io::{Read, Write};
use std::process::{self, Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use multiprocessing::pool::{Bytes, Pool, Run, Task};

pub static TASKS: &[&dyn Run] = &[&SQUARE, &WHO, &COPY, &HAND_OVER];
static SQUARE: Task<u64, u64> = Task::new("square", |n| n * n);
static WHO: Task<(), u32> = Task::new("who", |()| {
    thread::sleep(Duration::from_micros(200));
    process::id()
});
static COPY: Task<Bytes, Bytes> =
    Task::new("copy", |bytes| Bytes::with(bytes.len(), |copy| copy.copy_from_slice(&bytes)));

static HAND_OVER: Task<Bytes, Bytes> = Task::new("hand-over", |bytes| bytes);

/// Something that can be measured, by the name of the quantity; ns or bytes a unit. `None`: not offered.
pub trait Peer {
    fn name(&self) -> String;
    fn measure(&mut self, quantity: &str, n: usize) -> Option<f64>;
}

/// Our pool of two.
pub struct Ours(Pool);

impl Ours {
    pub fn new() -> Ours {
        Ours(start(2))
    }
}

fn start(workers: usize) -> Pool {
    let mut pool = Pool::builder().workers(workers).build().expect("a pool");
    let mut seen = BTreeSet::new();
    while seen.len() < workers {
        seen.extend(pool.map(&WHO, vec![(); workers]).into_iter().flatten());
    }
    pool
}

impl Peer for Ours {
    fn name(&self) -> String {
        "ours".to_owned()
    }

    fn measure(&mut self, quantity: &str, n: usize) -> Option<f64> {
        let pool = &mut self.0;
        Some(match quantity {
            "start" => {
                let begin = Instant::now();
                let pool = start(n);
                let took = ns(begin);
                drop(pool);
                took
            }
            "trip" => median(n, || drop(black_box(pool.call(&SQUARE, &3)))),
            "tiny" => {
                let begin = Instant::now();
                let squares = pool.map(&SQUARE, 0..n as u64);
                let took = ns(begin);
                assert!((0..).zip(squares).all(|(n, square)| square == Ok(n * n)));
                took / n as f64
            }
            "bytes" => {
                // Copied in, copied by the worker, copied out: nobody gets away with handing over.
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
            "memory" => {
                pool.map(&SQUARE, 0..10_000);
                pool.workers().into_iter().filter_map(private).fold(0.0, f64::max)
            }
            _ => return None,
        })
    }
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
            "trip" => {
                let (to, from) = (self.0.stdin.as_mut()?, self.0.stdout.as_mut()?);
                let mut message = [0; 16];
                Some(median(n, || to.write_all(&message).and_then(|()| from.read_exact(&mut message)).expect("echo")))
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
