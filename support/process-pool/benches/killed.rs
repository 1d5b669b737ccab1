//! What pools do when a worker is killed in the middle of a task: `cargo bench -p process-pool --bench killed`
//!
//! Every peer gets 20 tasks for two workers. This program kills (`kill -9`) the worker that runs task 7: once, as the kernel
//! does when memory is short; or each time, as if the task did it. It prints what the peer's caller learns.
//!
//! Peers of Python are measured where they are installed: `python3 -m venv target/venv-peers` and
//! `target/venv-peers/bin/pip install loky joblib pebble`.
#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use process_pool::{Completed, Pool, Prepared, task};
use rustix::process::{Pid, Signal, kill_process};

const TASKS: u64 = 20;
const VICTIM: u64 = 7;
/// Also in `killed.py`.
const HANG: Duration = Duration::from_secs(30);
/// The first argument of a peer that is this program; its name and the log follow.
const PEER: &str = "__peer";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/killed.py");
const PEERS: [&str; 9] =
    ["ours", "ours, retries(0)", "procspawn", "threads", "pool", "executor", "loky", "joblib", "pebble"];

task! {
    static WORK: fn((u64, String)) -> u64 = work;
}

/// Tells that it has begun, and takes its time.
fn work((task, log): (u64, String)) -> u64 {
    let line = format!("{task} {}\n", process::id());
    let written = OpenOptions::new().append(true).open(log).and_then(|mut log| log.write_all(line.as_bytes()));
    written.expect("the log can be written");
    thread::sleep(Duration::from_millis(if task == VICTIM { 1000 } else { 100 }));
    task
}

fn main() {
    process_pool::init();
    procspawn::init();
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [first, kind, log] = &args[..]
        && first == PEER
    {
        return peer(kind, log);
    }
    // As a test it would take minutes and prove nothing.
    if !args.iter().any(|arg| arg == "--bench") {
        return;
    }
    for always in [false, true] {
        let when = if always { "each time that it runs" } else { "once" };
        println!("\nThe worker that runs task {VICTIM} of {TASKS} is killed {when}.");
        println!("first error and end: seconds after the (first) kill; errors: of which tasks\n");
        println!("| peer | first error | end | results | errors | no outcome | run more than once | pool usable |");
        println!("|---|---|---|---|---|---|---|---|");
        for kind in PEERS {
            match measure(kind, always) {
                Ok(seen) => println!("{}", seen.row(kind)),
                Err(why) => println!("| {kind} | not measured: {why} |"),
            }
        }
    }
}

/// The part of a peer.
fn peer(kind: &str, log: &str) {
    match kind {
        "procspawn" => by_procspawn(log),
        "threads" => by_threads(log),
        _ => by_ours(kind.ends_with("retries(0)"), log),
    }
}

fn tell<E: std::fmt::Display>(task: u64, outcome: Result<u64, E>) {
    match outcome {
        Ok(value) => println!("result {value}"),
        Err(e) => println!("error {task} {e}"),
    }
}

fn by_ours(is_once_only: bool, log: &str) {
    println!("version {}", env!("CARGO_PKG_VERSION"));
    let pool = Pool::builder().workers(2).build().expect("a pool");
    let work: Prepared<_, _> = pool.prepare(&WORK);
    let work = if is_once_only { work.retries(0) } else { work };
    let handles: Completed<u64> = (0..TASKS).map(|task| work.submit(&(task, log.to_owned()))).collect();
    handles.for_each(|(task, outcome)| tell(task, outcome));
    if work.call(&(TASKS, log.to_owned())) == Ok(TASKS) {
        println!("usable");
    }
}

fn by_procspawn(log: &str) {
    println!("version {}", locked("procspawn"));
    let pool = procspawn::Pool::new(2).expect("a pool");
    let handles: Vec<_> = (0..TASKS).map(|task| pool.spawn((task, log.to_owned()), work)).collect();
    // It has no way to wait for several: each has a thread.
    thread::scope(|scope| {
        for (task, handle) in (0..).zip(handles) {
            scope.spawn(move || tell(task, handle.join()));
        }
    });
    if pool.spawn((TASKS, log.to_owned()), work).join_timeout(HANG).is_ok() {
        println!("usable");
    }
}

fn by_threads(log: &str) {
    println!("version std");
    thread::scope(|scope| {
        for first in 0..2 {
            scope.spawn(move || {
                for task in (first..TASKS).step_by(2) {
                    tell::<String>(task, Ok(work((task, log.to_owned()))));
                }
            });
        }
    });
}

/// The version of a dependency.
fn locked(name: &str) -> &str {
    let lock = include_str!("../../../Cargo.lock");
    let package = lock.split("[[package]]").find(|package| package.contains(&format!("\nname = \"{name}\"\n")));
    package.and_then(|package| package.split('"').nth(3)).unwrap_or("unknown")
}

/// The interpreter: `PEERS_PYTHON`, else a virtual environment below target/, else `python3`.
fn python() -> PathBuf {
    let given = std::env::var_os("PEERS_PYTHON").map(PathBuf::from);
    let exe = std::env::current_exe().unwrap_or_default();
    let beside = exe.ancestors().map(|folder| folder.join("venv-peers/bin/python3")).find(|python| python.exists());
    given.or(beside).unwrap_or_else(|| "python3".into())
}

/// What became of a peer's tasks. Times are since the first kill.
#[derive(Default)]
struct Seen {
    version: String,
    missing: Option<String>,
    first_error: Option<Duration>,
    end: Duration,
    results: BTreeSet<String>,
    /// By task; "?" stands for none.
    errors: BTreeMap<String, String>,
    hangs: bool,
    is_usable: bool,
    /// How often each task was begun.
    runs: BTreeMap<String, u32>,
}

fn measure(kind: &str, always: bool) -> std::io::Result<Seen> {
    let log = std::env::temp_dir().join(format!("process-pool-killed-{}", process::id()));
    File::create(&log)?;
    let mut command = if kind.starts_with("ours") || matches!(kind, "procspawn" | "threads") {
        let mut command = Command::new(std::env::current_exe()?);
        command.args([PEER, kind]);
        command
    } else {
        let mut command = Command::new(python());
        command.args([SCRIPT, kind]);
        command
    };
    // Its workers may outlive it and hold its standard output open; nobody waits for the end of that.
    let mut child = command.arg(&log).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut seen = watch(&mut child, &log, always);
    let _ = child.kill();
    let _ = child.wait();
    for (task, _) in runs(&log).into_iter().filter(|(task, _)| *task != TASKS.to_string()) {
        *seen.runs.entry(task).or_default() += 1;
    }
    let _ = fs::remove_file(&log);
    Ok(seen)
}

/// Kills the victim's worker, and notes what the peer prints.
fn watch(child: &mut Child, log: &Path, always: bool) -> Seen {
    let lines = lines_of(child);
    let mut seen = Seen::default();
    let (mut killed, mut first_kill, mut last_line) = (0, None, Instant::now());
    loop {
        let victims = runs(log).into_iter().filter(|(task, _)| *task == VICTIM.to_string());
        if let Some((_, pid)) = victims.skip(killed).find(|_| killed == 0 || always) {
            // In the middle of the task.
            thread::sleep(Duration::from_millis(100));
            first_kill = first_kill.or(Some(Instant::now()));
            let _ = kill_process(pid, Signal::KILL);
            killed += 1;
        }
        match lines.recv_timeout(Duration::from_millis(2)) {
            Ok((line, at)) => {
                last_line = at;
                seen.note(&line, first_kill.map(|kill| at.saturating_duration_since(kill)));
            }
            // After the half of that, peers that can tell have told.
            Err(RecvTimeoutError::Timeout) if last_line.elapsed() > 2 * HANG => {
                seen.hangs = true;
                return seen;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return seen,
        }
    }
}

/// What a peer prints, as it comes.
fn lines_of(child: &mut Child) -> Receiver<(String, Instant)> {
    let (sender, lines) = channel();
    let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
    thread::spawn(move || {
        for line in stdout.lines().map_while(Result::ok) {
            if sender.send((line, Instant::now())).is_err() {
                return;
            }
        }
    });
    lines
}

/// The tasks that were begun so far, with their processes.
fn runs(log: &Path) -> Vec<(String, Pid)> {
    let log = fs::read_to_string(log).unwrap_or_default();
    let run = |line: &str| {
        let (task, pid) = line.split_once(' ')?;
        Some((task.to_owned(), Pid::from_raw(pid.parse().ok()?)?))
    };
    log.split_inclusive('\n').filter_map(|line| run(line.strip_suffix('\n')?)).collect()
}

impl Seen {
    fn note(&mut self, line: &str, since_kill: Option<Duration>) {
        let (what, rest) = line.split_once(' ').unwrap_or((line, ""));
        match what {
            "version" => self.version = rest.to_owned(),
            "missing" => self.missing = Some(rest.to_owned()),
            "hang" => self.hangs = true,
            "usable" => self.is_usable = true,
            "result" => _ = self.results.insert(rest.to_owned()),
            "error" => {
                let (task, why) = rest.split_once(' ').unwrap_or((rest, ""));
                self.errors.insert(task.to_owned(), why.to_owned());
                self.first_error = self.first_error.or(since_kill);
            }
            _ => return,
        }
        if matches!(what, "result" | "error") {
            self.end = since_kill.unwrap_or_default();
        }
    }

    /// The row of the table.
    fn row(&self, kind: &str) -> String {
        if let Some(why) = &self.missing {
            return format!("| {kind} | not measured: {why} |");
        }
        let seconds = |time: Duration| format!("{:.3}", time.as_secs_f64());
        let told: Vec<u64> = self.errors.keys().filter_map(|task| task.parse().ok()).collect();
        let errors = match (&told[..], self.errors.get("?")) {
            ([], None) => "none".to_owned(),
            ([], Some(why)) => format!("one, of no task: {why}"),
            ([task], _) => format!("of task {task}: {}", self.errors[&task.to_string()]),
            (several, _) => {
                let whys: BTreeSet<&str> = self.errors.values().map(String::as_str).collect();
                format!("of {} tasks: {}", several.len(), whys.into_iter().collect::<Vec<_>>().join("; "))
            }
        };
        let again = self.runs.iter().filter(|(_, runs)| **runs > 1);
        let again: Vec<String> = again.map(|(task, runs)| format!("task {task}: {runs} ×")).collect();
        let outcomes = self.results.len() + told.len();
        format!(
            "| {kind} {} | {} | {} | {} | {errors} | {} | {} | {} |",
            self.version,
            self.first_error.map_or("–".to_owned(), seconds),
            if self.hangs { "hangs".to_owned() } else { seconds(self.end) },
            self.results.len(),
            TASKS as usize - outcomes,
            if again.is_empty() { "none".to_owned() } else { again.join(", ") },
            if self.is_usable { "yes" } else { "no" },
        )
    }
}
