//! Child processes: waiting with a limit that only a hang reaches, and inspection through /proc.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use process_pool::Failure;

/// Generous: only a hang reaches it, not a busy machine.
const LIMIT: Duration = Duration::from_secs(240);

/// Kills the program when the test ends, on every path.
pub struct Program(pub Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits for its end and returns its output.
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

/// Polls until there is an answer. Fails after the limit.
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

/// A file to which processes append a byte each. It goes with the test.
pub struct Census(pub PathBuf);

impl Census {
    pub fn new(of: &str) -> Census {
        let (id, start) = (std::process::id(), crate::basics::START.get());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{of}-{id}-{start:?}"));
        fs::write(&path, "").unwrap();
        Census(path)
    }

    pub fn count(&self) -> usize {
        fs::read(&self.0).unwrap().len()
    }
}

impl Drop for Census {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Standard output as text.
pub fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Whether processes can be inspected here; prints a note if not.
pub fn can_look() -> bool {
    let can = cfg!(target_os = "linux");
    if !can {
        println!("not measured: this system has no /proc");
    }
    can
}

/// A process as /proc shows it.
pub struct Seen {
    pub pid: u32,
    pub command: String,
    /// From /proc/PID/comm.
    pub name: String,
}

/// The children of a process, either zombies or living ones.
fn children_of(parent: u32, zombies: bool) -> impl Iterator<Item = u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(move |pid| state(*pid).is_some_and(|(state, ppid)| ppid == parent && (state == 'Z') == zombies))
}

/// The number of zombies among a process's children.
pub fn zombies(parent: u32) -> usize {
    children_of(parent, true).count()
}

/// The living children of a process.
pub fn children(parent: u32) -> Vec<Seen> {
    children_of(parent, false)
        .map(|pid| {
            let command = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim_end().to_owned();
            Seen { pid, command: command.replace('\0', " "), name }
        })
        .collect()
}

/// The living pool workers among a process's children.
pub fn workers(parent: u32) -> Vec<u32> {
    children(parent).into_iter().filter(|child| child.name == "pool-worker").map(|worker| worker.pid).collect()
}

/// The number of threads of this process.
pub fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

/// The number of open descriptors of this process, and one for counting them.
pub fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
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

/// Sends a signal by name.
pub fn signal(name: &str, pid: u32) {
    // The shell's builtin `kill`: there need not be a program of that name.
    assert!(Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status().unwrap().success());
}

pub fn all_right(squares: Vec<Result<u64, Failure>>) {
    for (n, square) in (0..).zip(squares) {
        assert_eq!(square, Ok(n * n));
    }
}

pub fn kill(pid: u32) -> bool {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).is_ok()
}
