//! The peers: pools of CPython's world, each in an interpreter of its own, and procspawn.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Instant;

use crate::ours::{Peer, alone, median, ns, rounds, starts, until_all};

/// A pool in an interpreter that measures itself when it is asked to.
pub struct Python {
    kind: &'static str,
    child: Child,
    answers: BufReader<ChildStdout>,
}

/// The interpreter: `PEERS_PYTHON`, else a virtual environment below target/, else `python3`.
fn python() -> PathBuf {
    let given = std::env::var_os("PEERS_PYTHON").map(PathBuf::from);
    let exe = std::env::current_exe().unwrap_or_default();
    let beside = exe.ancestors().map(|folder| folder.join("venv-peers/bin/python3")).find(|python| python.exists());
    given.or(beside).unwrap_or_else(|| "python3".into())
}

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/pool/peers.py");

impl Python {
    /// `None`, with the reason printed, if its library is not installed.
    pub fn new(kind: &'static str) -> Option<Python> {
        let mut command = Command::new(python());
        command.args([SCRIPT, kind]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(e) => {
                println!("{kind}: not measured: {e}");
                return None;
            }
        };
        let mut answers = BufReader::new(child.stdout.take()?);
        let mut ready = String::new();
        if answers.read_line(&mut ready).is_err() || ready != "ready\n" {
            let said = child.wait_with_output().map(|output| String::from_utf8_lossy(&output.stderr).into_owned());
            println!(
                "{kind}: not measured: {}",
                said.unwrap_or_default().lines().last().unwrap_or("it does not start")
            );
            return None;
        }
        Some(Python { kind, child, answers })
    }
}

impl Peer for Python {
    fn name(&self) -> String {
        self.kind.to_owned()
    }

    fn measure(&mut self, quantity: &str, n: usize) -> Option<f64> {
        let quantity = if quantity == "tiny" { "tiny-1" } else { quantity };
        if quantity == "first" {
            let output = Command::new(python()).args([SCRIPT, "first", self.kind, &n.to_string()]).output().ok()?;
            return String::from_utf8(output.stdout).ok()?.trim().parse().ok();
        }
        writeln!(self.child.stdin.as_mut()?, "{quantity} {n}").ok()?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer).ok()?;
        answer.trim().parse().ok()
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// procspawn's pool of two.
pub struct Procspawn(procspawn::Pool);

fn procspawn_pool(workers: usize) -> Option<procspawn::Pool> {
    let pool = procspawn::Pool::new(workers).ok()?;
    until_all(workers, || {
        let all: Vec<_> = (0..workers).map(|_| pool.spawn((), |()| std::process::id())).collect();
        all.into_iter().filter_map(|handle| handle.join().ok()).collect()
    });
    Some(pool)
}

/// The same as ours, see there.
pub const FIRST: &str = "__first-procspawn";

pub fn first(args: &[String]) -> f64 {
    started(args[1].parse().expect("a number"))
}

fn started(workers: usize) -> f64 {
    let begin = Instant::now();
    let pool = procspawn_pool(workers).expect("a pool");
    let took = ns(begin);
    pool.shutdown();
    took
}

impl Procspawn {
    pub fn new() -> Option<Procspawn> {
        procspawn_pool(2).map(Procspawn)
    }
}

impl Peer for Procspawn {
    fn name(&self) -> String {
        "procspawn".to_owned()
    }

    fn measure(&mut self, quantity: &str, n: usize) -> Option<f64> {
        let pool = &self.0;
        Some(match quantity {
            "first" => alone(FIRST, &[&n.to_string()])?,
            "start" => starts(|| started(n)),
            "trip" => median(n / 5, || _ = pool.spawn(3u64, |n| n * n).join()),
            // So many at a time that descriptors last: two are open for every task.
            "tiny" => {
                let tasks = n / 50;
                let begin = Instant::now();
                for first in (0..tasks).step_by(200) {
                    let some: Vec<_> =
                        (first..tasks.min(first + 200)).map(|n| pool.spawn(n as u64, |n| n * n)).collect();
                    for (n, handle) in (first as u64..).zip(some) {
                        assert_eq!(handle.join().ok(), Some(n * n));
                    }
                }
                ns(begin) / tasks as f64
            }
            chunked if chunked.starts_with("tiny-") => {
                let chunk: u64 = chunked[5..].parse().ok()?;
                let begin = Instant::now();
                let some: Vec<_> = (0..n as u64)
                    .step_by(chunk as usize)
                    .map(|first| {
                        let last = (n as u64).min(first + chunk);
                        pool.spawn((first, last), |(first, last)| (first..last).map(|n| n * n).collect::<Vec<u64>>())
                    })
                    .collect();
                let squares: Vec<u64> = some.into_iter().filter_map(|handle| handle.join().ok()).flatten().collect();
                assert!(squares.into_iter().eq((0..n as u64).map(|n| n * n)));
                ns(begin) / n as f64
            }
            "bytes" => {
                // A text is sent in one piece, a vector number by number.
                let message = "7".repeat(n);
                median(rounds(n).min(5), || {
                    let back = pool.spawn(message.clone(), |text| text).join();
                    assert_eq!(back.map(|text| text.len()).ok(), Some(n));
                })
            }
            _ => return None,
        })
    }
}
