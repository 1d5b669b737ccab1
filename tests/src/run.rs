//! Starts our programs and tells how they ended. A program that hangs is killed, and the test that started it fails.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

/// A program that runs longer than this has hung. Generous: it is no measurement.
const HANGS: Duration = Duration::from_secs(240);

/// The root of the workspace.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate is a folder of the workspace")
}

/// The executable of a member of the workspace, up to date.
pub fn program(name: &str) -> PathBuf {
    bins().join(format!("{name}{}", env::consts::EXE_SUFFIX))
}

/// Builds all programs once and returns their folder. Cargo tells a test where the programs of its own package are, but not
/// those of others; with tests among the targets the features are the same as in `cargo test`, and nothing is built twice.
fn bins() -> &'static Path {
    static BINS: OnceLock<PathBuf> = OnceLock::new();
    BINS.get_or_init(|| {
        let exe = env::current_exe().expect("the system knows what it runs");
        let folder = exe.parent().expect("an executable is in a folder");
        let folder = if folder.ends_with("deps") { folder.parent().expect("deps is in a folder") } else { folder };
        let target = folder.parent().expect("a profile is in the target folder");
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo
            .current_dir(workspace())
            .args(["build", "--quiet", "--workspace", "--bins", "--tests", "--target-dir"])
            .arg(target);
        if folder.ends_with("release") {
            cargo.arg("--release");
        }
        assert!(cargo.status().expect("cargo can be run").success(), "the workspace does not build");
        folder.to_owned()
    })
}

/// How a program ended, and what it said.
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
    /// Panics, with all that was said, unless the exit code is this one.
    #[track_caller]
    pub fn ends_with(self, code: i32) -> Done {
        assert_eq!(self.status.code(), Some(code), "{self:?}");
        self
    }
}

/// A command for one of our programs: Korean, 80 columns, no colour, no terminal.
pub fn command<S: AsRef<OsStr>>(name: &str, args: &[S]) -> Command {
    let mut command = Command::new(program(name));
    command.args(args).current_dir(workspace());
    command.env("LC_ALL", "ko_KR.UTF-8").env("COLUMNS", "80").env_remove("RUST_BACKTRACE");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs one of our programs to its end.
pub fn run(name: &str, args: &[&str]) -> Done {
    end_of(start(&mut command(name, args)))
}

/// Starts a command.
pub fn start(command: &mut Command) -> Child {
    command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"))
}

/// Waits for the end of a program, reading what it says.
pub fn end_of(mut child: Child) -> Done {
    let out = read(child.stdout.take());
    let err = read(child.stderr.take());
    let start = Instant::now();
    let status = loop {
        match child.try_wait().expect("it is our child") {
            Some(status) => break status,
            None if start.elapsed() > HANGS => {
                let _ = child.kill();
                let _ = child.wait();
                panic!(
                    "it hung; until then it said: {} {}",
                    out.join().unwrap_or_default(),
                    err.join().unwrap_or_default()
                );
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
            let _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// All processes that descend from this one, now: children, their children, and so on. Linux tells; elsewhere nothing is known.
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

/// Waits until something is so. Panics if it is not for so long that it never will.
#[track_caller]
pub fn until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < HANGS, "still not so: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Sends a signal by its name: INT, KILL.
pub fn signal(name: &str, pid: u32) {
    let status = Command::new("kill").args(["-s", name, &pid.to_string()]).status();
    assert!(status.expect("kill can be run").success());
}

/// Whether this process ignores SIGINT, as a background job of a shell does; what it starts inherits that.
pub fn ignores_interrupts() -> bool {
    const SIGINT: u64 = 1 << 1;
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & SIGINT != 0)
}
