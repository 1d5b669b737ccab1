//! Our program as a reader runs it, and its child processes as /proc shows them.

#![allow(clippy::unwrap_used, reason = "clippy.toml allows it in test functions; these are called by nothing else")]

use std::ffi::OsStr;
use std::fs;
use std::process::{Command, Stdio};

use harness::{Done, Guarded, finish, until_some};
use lab::report::Report;

/// A command for our program whose output can be read.
pub fn command<S: AsRef<OsStr>>(args: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_multiprocessing"));
    command.args(args).env("LC_ALL", "C.UTF-8").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts our program; it is killed when the test is over, however that ends.
pub fn start(args: &[&str]) -> Guarded {
    Guarded(harness::start(&mut command(args)))
}

/// Runs it from start to end.
pub fn run(args: &[&str]) -> Done {
    finish(start(args))
}

/// Runs a shell script that is given our program as `$0` and these arguments.
pub fn run_script(script: &str, args: &[&OsStr]) -> Done {
    let mut shell = Command::new("sh");
    shell.args(["-c", script, env!("CARGO_BIN_EXE_multiprocessing")]).args(args);
    finish(harness::start(shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped())))
}

/// The report that a run printed as JSON, and nothing else.
pub fn report(done: &Done) -> Report {
    serde_json::from_str(&done.out).unwrap_or_else(|e| panic!("one JSON object and nothing else: {e}: {done:?}"))
}

/// The one line on standard error; standard output is empty.
pub fn error_line(done: &Done) -> String {
    assert_eq!((done.err.lines().count(), done.out.as_str()), (1, ""), "one line: {done:?}");
    done.err.trim_end().to_owned()
}

/// Whether processes can be looked at here; if not, says so.
pub fn has_proc() -> bool {
    let has = cfg!(target_os = "linux");
    if !has {
        println!("not measured: this system has no /proc");
    }
    has
}

/// A process as /proc shows it.
pub struct Process {
    pub pid: u32,
    /// Its command line, with blanks between the arguments.
    pub command: String,
    /// The name that it gave itself.
    pub name: String,
}

/// The children of a process that run.
pub fn children(parent: u32) -> Vec<Process> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let children = pids.filter(|pid| parent_of(*pid) == Some(parent) && harness::alive(*pid));
    children
        .map(|pid| {
            let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
            Process { pid, command: read("cmdline").replace('\0', " "), name: read("comm").trim_end().to_owned() }
        })
        .collect()
}

fn parent_of(pid: u32) -> Option<u32> {
    stat_field(pid, 4)?.parse().ok()
}

/// A field of `proc_pid_stat(5)` by its number there, from 3 on.
pub fn stat_field(pid: u32, number: usize) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before may hold blanks and parentheses.
    stat.rsplit_once(") ")?.1.split(' ').nth(number - 3).map(str::to_owned)
}

/// The workers of a pool that a process has.
pub fn workers(parent: u32) -> Vec<u32> {
    children(parent).into_iter().filter(|child| child.name == "pool-worker").map(|worker| worker.pid).collect()
}

/// The article's five processes, as soon as all of them compute.
pub fn five_tasks(parent: u32) -> Vec<Process> {
    until_some("five processes run", || {
        let all: Vec<Process> = children(parent).into_iter().filter(|c| c.command.contains("process-task")).collect();
        (all.len() == 5).then_some(all)
    })
}

/// Waits until none of these processes runs.
pub fn until_gone(processes: &[Process]) {
    harness::until("all children are gone", || !processes.iter().any(|process| harness::alive(process.pid)));
}

/// A process may be done before we can kill it, but not in every attempt.
pub const ATTEMPTS: usize = 10;

/// Waits until a running program has what is looked for, and returns it; `None` if the program ended before.
pub fn until_seen<T>(what: &str, program: &mut Guarded, look: impl Fn(u32) -> Option<T>) -> Option<T> {
    until_some(what, || match look(program.0.id()) {
        Some(seen) => Some(Some(seen)),
        None => program.0.try_wait().unwrap().map(|_| None),
    })
}

/// Kills a process that may have ended by itself; whether it was there to be killed.
pub fn kill_if_alive(pid: u32) -> bool {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("kill -KILL {pid}")]).stderr(Stdio::null()).status().unwrap().success()
}

/// Whether Ctrl-C cannot be tried; if so, says so.
pub fn ignores_interrupts() -> bool {
    let ignored = harness::ignores_interrupts();
    if ignored {
        println!("not measured: whoever started this test ignores SIGINT, and so do our children");
    }
    ignored
}
