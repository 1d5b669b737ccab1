//! For tests that run a program: a time limit that reports a hang, signals, the processes that it leaves behind, and an address
//! where nobody listens.
//!
//! [`finish`] waits for a child and reads its output; [`until`] waits for a condition. Both panic after [`HANG`], which no test
//! on a busy machine reaches.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

use std::fs;
use std::io::Read;
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

/// A program or a condition that takes longer than this has hung. Generous, because nothing is measured with it.
pub const HANG: Duration = Duration::from_secs(240);

/// How a program ended, and what it printed.
#[derive(Debug)]
pub struct Done {
    /// Exit code or signal.
    pub status: ExitStatus,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Done {
    /// Panics, with everything that was printed, unless the exit code is this one.
    #[track_caller]
    pub fn ends_with(self, code: i32) -> Done {
        assert_eq!(self.status.code(), Some(code), "{self:?}");
        self
    }
}

/// A child that is killed and reaped when the test ends, however it ends.
#[derive(Debug)]
pub struct Guarded(pub Child);

impl From<Child> for Guarded {
    fn from(child: Child) -> Guarded {
        Guarded(child)
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a command.
#[track_caller]
pub fn start(command: &mut Command) -> Child {
    command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"))
}

/// Waits for the end of a program and reads what it prints. A program that hangs is killed, and the test fails.
#[track_caller]
pub fn finish(child: impl Into<Guarded>) -> Done {
    let mut child = child.into();
    let out = read(child.0.stdout.take());
    let err = read(child.0.stderr.take());
    let start = Instant::now();
    let status = loop {
        match child.0.try_wait().expect("it is our child") {
            Some(status) => break status,
            None if start.elapsed() > HANG => {
                drop(child);
                let (out, err) = (out.join().unwrap_or_default(), err.join().unwrap_or_default());
                panic!("the program hung after this output: {out} {err}");
            }
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    Done { status, out: out.join().unwrap_or_default(), err: err.join().unwrap_or_default() }
}

fn read(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // After an error, what was read so far is returned.
            let _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Waits until a condition holds. Panics after [`HANG`].
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    until_some(what, || holds().then_some(()));
}

/// Polls until there is an answer, and returns it. Panics after [`HANG`].
#[track_caller]
pub fn until_some<T>(what: &str, mut answer: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = answer() {
            return answer;
        }
        assert!(start.elapsed() < HANG, "timed out waiting for: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Sends a signal by its name: INT, KILL.
pub fn signal(name: &str, pid: u32) {
    let status = Command::new("kill").args(["-s", name, &pid.to_string()]).status();
    assert!(status.expect("kill can be run").success());
}

/// All current descendants of this process. Linux only; elsewhere the list is empty.
pub fn descendants(pid: u32) -> Vec<u32> {
    let mut found = Vec::new();
    let mut next = vec![pid];
    while let Some(parent) = next.pop() {
        for child in children(parent) {
            found.push(child);
            next.push(child);
        }
    }
    found
}

fn children(parent: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<u32>>()).collect()
}

/// Whether a process still runs: it exists and is no zombie.
pub fn alive(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}

/// Whether this process ignores SIGINT, as a background job of a shell does; its children inherit that.
pub fn ignores_interrupts() -> bool {
    const SIGINT: u64 = 1 << 1;
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & SIGINT != 0)
}

/// An address where nobody listens as long as this process lives. A port that was free a moment ago is no such address: another test
/// or another process may get it.
#[cfg(target_os = "linux")]
pub fn refused_address() -> SocketAddr {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, getsockname, socket_with};
    // Programs that the tests start must not inherit it: some are given a few descriptors only.
    let socket = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None).expect("a socket");
    bind(&socket, &SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
    let address = getsockname(&socket).expect("it is bound").try_into().expect("an internet address");
    // Bound, but not listening: the port is taken, and whoever connects is refused.
    std::mem::forget(socket);
    address
}

/// An address where nobody listens any more.
#[cfg(not(target_os = "linux"))]
pub fn refused_address() -> SocketAddr {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    socket.local_addr().expect("it is bound")
}
