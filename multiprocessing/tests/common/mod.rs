//! Running the program as a reader does, under a bound that only a hang reaches.

#![allow(dead_code, reason = "every test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "clippy.toml allows it in test functions; these are called by nothing else")]

use std::fs;
use std::io::Read;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Generous: a busy machine does not reach it, a hang does.
const LIMIT: Duration = Duration::from_secs(60);

/// A program that is killed when the test is over, however it ends.
pub struct Program(pub Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts our program, in Korean and without Python unless the arguments say otherwise.
pub fn start(args: &[&str]) -> Program {
    let mut command = Command::new(env!("CARGO_BIN_EXE_multiprocessing"));
    command.args(args).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    Program(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

/// Waits for its end and returns all that it printed.
pub fn finish(mut program: Program) -> Output {
    fn read_all(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            pipe.read_to_end(&mut bytes).unwrap();
            bytes
        })
    }
    let stdout = read_all(program.0.stdout.take().unwrap());
    let stderr = read_all(program.0.stderr.take().unwrap());
    let status = until("the program ends", || program.0.try_wait().unwrap());
    Output { status, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
}

/// Runs it from start to end.
pub fn run(args: &[&str]) -> Output {
    finish(start(args))
}

/// Asks again and again until there is an answer. No answer within the limit is a failure.
pub fn until<T>(what: &str, mut answer: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = answer() {
            return answer;
        }
        assert!(start.elapsed() < LIMIT, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Standard output as text.
pub fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Standard error, which must be exactly one line.
pub fn complaint(output: &Output) -> String {
    let all = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(all.lines().count(), 1, "one line: {all}");
    all.trim_end().to_owned()
}

/// Whether processes can be looked at here; if not, says so.
pub fn can_look() -> bool {
    let can = cfg!(target_os = "linux");
    if !can {
        println!("not measured: this system has no /proc");
    }
    can
}

/// A process as /proc shows it.
pub struct ProcessInfo {
    pub pid: u32,
    pub command: String,
    /// What it calls itself.
    pub name: String,
}

/// The children of a process, by whether they are dead and nobody has waited for them.
fn children_of(parent: u32, zombies: bool) -> impl Iterator<Item = u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(move |pid| state(*pid).is_some_and(|(state, ppid)| ppid == parent && (state == 'Z') == zombies))
}

/// How many of its children a process has not waited for, though they are dead.
pub fn zombies(parent: u32) -> usize {
    children_of(parent, true).count()
}

/// The living children of a process.
pub fn children(parent: u32) -> Vec<ProcessInfo> {
    children_of(parent, false)
        .map(|pid| {
            let command = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim_end().to_owned();
            ProcessInfo { pid, command: command.replace('\0', " "), name }
        })
        .collect()
}

/// The living workers of a pool that a process has.
pub fn workers(parent: u32) -> Vec<u32> {
    children(parent).into_iter().filter(|child| child.name == "pool-worker").map(|worker| worker.pid).collect()
}

/// Whether a process lives. A zombie does not.
pub fn lives(pid: u32) -> bool {
    state(pid).is_some_and(|(state, _)| state != 'Z' && state != 'X')
}

/// State letter and parent.
fn state(pid: u32) -> Option<(char, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut rest = stat.rsplit_once(") ")?.1.split(' '); // a name may hold blanks and parentheses
    Some((rest.next()?.chars().next()?, rest.next()?.parse().ok()?))
}

/// The article's five processes, as soon as all of them compute.
pub fn five_tasks(parent: u32) -> Vec<ProcessInfo> {
    until("five processes run", || {
        let all: Vec<ProcessInfo> =
            children(parent).into_iter().filter(|c| c.command.contains("process-task")).collect();
        (all.len() == 5).then_some(all)
    })
}

/// Sends a signal by its name.
pub fn signal(name: &str, pid: u32) {
    // The shell's own `kill`: there need not be a program of that name.
    assert!(Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status().unwrap().success());
}

/// Kills a process that may have ended by itself; whether it was there to be killed.
pub fn killed(pid: u32) -> bool {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("kill -KILL {pid}")]).stderr(Stdio::null()).status().unwrap().success()
}
