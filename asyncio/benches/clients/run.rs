//! One run of a client: its wall time, its memory, its CPU time, and the lines that it wrote.

use std::collections::HashMap;
use std::fs::{self, File};
use std::ops::Range;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use lab::machine::Watch;
use lab::report::Report;
use serde_json::Value;

use crate::client::{Client, Job};
use crate::server::Server;

/// The load that all clients get.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub calls: usize,
    pub concurrency: usize,
    /// Until the server answers, in seconds.
    pub delay: f64,
    /// Time limit for one request, in seconds.
    pub timeout: f64,
    /// The value of the server's `--inject`.
    pub faults: &'static str,
}

impl Load {
    /// The wall time in seconds if each call took exactly the delay.
    pub fn ideal(&self) -> f64 {
        self.calls.div_ceil(self.concurrency) as f64 * self.delay
    }
}

/// What one run of a client came to.
#[derive(Clone, Debug)]
pub struct Run {
    /// The client's own wall time in seconds.
    pub wall: f64,
    /// Calls that succeeded.
    pub ok: usize,
    /// Peak resident memory in bytes.
    pub memory: Option<f64>,
    /// CPU time of the client in seconds, with the start of its process.
    pub cpu: Option<f64>,
    /// CPU time of the server in seconds.
    pub server_cpu: Option<f64>,
    /// The share of the machine that other programs used meanwhile.
    pub others: Option<f64>,
    /// The lines that it wrote, by call.
    pub lines: HashMap<u64, Vec<Value>>,
    /// The server's counts.
    pub served: Option<Report>,
}

impl Run {
    /// Runs the client once against a new server. Panics if it fails: then there is nothing to compare.
    pub fn of(client: &Client, load: &Load) -> Run {
        let home = tempfile::tempdir().expect("a folder for temporary files");
        let watch = Watch::start();
        let server = client.needs_server().then(|| Server::start(load.delay, load.faults));
        let job = Job {
            url: server.as_ref().map(|server| server.url.clone()).unwrap_or_default(),
            list: home.path().join("urls"),
            out: home.path().join("results"),
            calls: load.calls,
            concurrency: load.concurrency,
            delay: load.delay,
            timeout: load.timeout,
        };
        let list: String = (0..load.calls).map(|_| format!("{}/\n", job.url)).collect();
        fs::write(&job.list, list).expect("the folder is new");
        let before = children();
        let (stdout, memory) = watched(client, &job, &home.path().join("stdout"));
        let cpu = before.zip(children()).map(|(before, after)| after - before);
        let (wall, ok) = client.result(&stdout).unwrap_or_else(|| panic!("{}: no result", client.name()));
        let server_cpu = server.as_ref().and_then(Server::cpu);
        let served = server.map(Server::stop);
        let lines = if client.has_results() { lines(&job.out) } else { HashMap::new() };
        Run { wall, ok, memory, cpu, server_cpu, others: watch.foreign(), lines, served }
    }
}

/// Runs the client. Returns its output and its peak memory, which is read every few milliseconds: it is gone when the process has ended.
fn watched(client: &Client, job: &Job, stdout: &Path) -> (Vec<u8>, Option<f64>) {
    let file = File::create(stdout).expect("the folder is new");
    let mut command = client.command(job);
    let mut child = command.stdin(Stdio::null()).stdout(file).spawn().expect("the client starts");
    let (mut memory, start) = (None, Instant::now());
    let status = loop {
        if let Some(status) = child.try_wait().expect("it was started") {
            break status;
        }
        assert!(start.elapsed() < Duration::from_secs(300), "{}: it hung", client.name());
        memory = peak_memory(child.id()).or(memory);
        thread::sleep(Duration::from_millis(10));
    };
    assert!(status.success(), "{}: {status}", client.name());
    (fs::read(stdout).expect("it was written"), memory)
}

/// `VmHWM` in bytes.
fn peak_memory(pid: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let kib = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().trim_end_matches(" kB");
    Some(kib.parse::<f64>().ok()? * 1024.0)
}

/// CPU time in seconds of the children that this process has waited for.
fn children() -> Option<f64> {
    cpu_seconds("self", 13..15)
}

/// The sum of these fields of `proc_pid_stat(5)` after the program's name, in seconds; Linux counts them in hundredths.
pub fn cpu_seconds(pid: &str, fields: Range<usize>) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, all) = stat.rsplit_once(')')?;
    let ticks = all.split_whitespace().skip(fields.start).take(fields.len()).map(|n| n.parse::<f64>().unwrap_or(0.0));
    Some(ticks.sum::<f64>() / 100.0)
}

fn lines(path: &Path) -> HashMap<u64, Vec<Value>> {
    let mut lines: HashMap<u64, Vec<Value>> = HashMap::new();
    for line in fs::read_to_string(path).expect("the client wrote it").lines() {
        let line: Value = serde_json::from_str(line).expect("a line is complete");
        lines.entry(line["call"].as_u64().expect("a call has a number")).or_default().push(line);
    }
    lines
}
