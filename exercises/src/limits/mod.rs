//! Runs a program that somebody else wrote: with limits, and with nothing of it left when it has ended.
//!
//! Every run has a supervisor, a process of this same program, which does not depend on what the submission does:
//!
//! ```text
//! grader ── supervisor (own group, subreaper) ── start (sets limits on itself, then exec) = the submission ── its children
//! ```
//!
//! - A process that calls `setsid` and forks twice loses its parent, and the kernel gives it to the nearest subreaper: the
//!   supervisor. So it stays a descendant, and is found in /proc and killed.
//! - The supervisor holds the reading end of a pipe from the grader. If the grader ends, even by `kill -9`, everything ends.
//! - The limits are set by the process that becomes the submission, before `exec`: no `pre_exec` and so no `unsafe`.
//!
//! As root, each submission has a uid of its own: `RLIMIT_NPROC` then counts its processes alone, and it may not read what is
//! not its own. Where the kernel has Landlock, it also writes in its own folder alone, reads only the tools that it needs,
//! and sends signals to its own processes alone. [`Guards`] says what was there. This limits accidents and simple
//! attacks; it is not a sandbox: the network is open, and so is the kernel.

#[cfg(target_os = "linux")]
mod descendants;
#[cfg(target_os = "linux")]
mod fence;
mod folder;
#[cfg(target_os = "linux")]
mod inherited;
#[cfg(not(target_os = "linux"))]
mod plain;
#[cfg(target_os = "linux")]
mod start;
#[cfg(target_os = "linux")]
mod supervise;
mod user;

use std::ffi::OsString;
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lab::lang::Text;
use lab::{Error, Result, text};
use serde::{Deserialize, Serialize};

pub use folder::{is_link, make_own, read_result, remove};
pub use user::own_user;

/// The hidden subcommand of the supervisor.
pub const SUPERVISE: &str = "limits-supervise";
/// The hidden subcommand that sets the limits on itself and becomes the program.
pub const START: &str = "limits-start";

/// What a run may use, and where.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Limits {
    /// Until it is killed, by the clock.
    pub wall: Duration,
    /// CPU time of one process (`RLIMIT_CPU`); processes times wall bounds the sum.
    pub cpu: Duration,
    /// Bytes: of writable memory of one process (`RLIMIT_DATA`), and of the resident memory of all together.
    pub memory: u64,
    /// Processes and threads together.
    pub processes: u64,
    /// Bytes on standard output and on standard error, each.
    pub output_bytes: u64,
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Bytes in `folder`, all files together.
    pub folder_bytes: u64,
    /// Files and folders in `folder`.
    pub folder_files: u64,
    /// The copy of the submission: the only place where it may write.
    pub folder: PathBuf,
    /// What it may read besides the system's libraries and tools: the compiler, the kit, the interpreter.
    pub read: Vec<PathBuf>,
    /// The uid of this submission, from [`own_user`]; it owns `folder`.
    pub user: Option<u32>,
}

impl Limits {
    /// The limits of a run of a lab in this folder, as a lab that says nothing else has them.
    pub fn of_run(folder: PathBuf) -> Limits {
        Limits {
            wall: Duration::from_secs(20),
            cpu: Duration::from_secs(20),
            memory: 1 << 30,
            processes: 128,
            output_bytes: 256 << 10,
            file_bytes: 32 << 20,
            folder_bytes: 128 << 20,
            folder_files: 2000,
            folder,
            read: Vec::new(),
            user: None,
        }
    }

    /// The limits of compiling it: the compiler and the linker need more memory, and threads by the number of cores.
    pub fn of_compiler(folder: PathBuf) -> Limits {
        let cores = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
        Limits {
            // A compilation takes a second or two of CPU time. On a busy machine the clock says little.
            wall: Duration::from_secs(90),
            cpu: Duration::from_secs(20),
            memory: 3 << 30,
            processes: 64 + 8 * cores,
            file_bytes: 256 << 20,
            folder_bytes: 512 << 20,
            ..Limits::of_run(folder)
        }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum How {
    /// By itself, with this exit code.
    Exit(i32),
    /// By a signal that was not ours.
    Signal(i32),
    /// Killed: longer than `wall`.
    Wall,
    /// Killed: more CPU time than `cpu`.
    Cpu,
    /// Killed: more memory than `memory`.
    Memory,
    /// Killed: more than `processes` processes and threads.
    Processes,
    /// Killed: more than `output_bytes` of output.
    Output,
    /// Killed: a file larger than `file_bytes`.
    FileSize,
    /// Killed: more in its folder than `folder_bytes` or `folder_files`.
    Folder,
    /// Killed: the grader was stopped.
    Stopped,
}

impl How {
    /// Whether a limit ended it.
    pub fn is_limit(self) -> bool {
        !matches!(self, How::Exit(_) | How::Signal(_) | How::Stopped)
    }

    /// What ended it, in one sentence without a full stop.
    pub fn tell(self, limits: &Limits) -> Text {
        let seconds = |d: Duration| d.as_secs_f64();
        match self {
            How::Exit(0) => text!("프로그램이 정상적으로 끝났습니다", "the program ended normally"),
            How::Exit(code) => {
                text!("프로그램이 종료 코드 {code}(으)로 끝났습니다", "the program ended with exit code {code}")
            }
            How::Signal(signal) => {
                text!("프로그램이 시그널 {signal}(으)로 끝났습니다", "the program was ended by signal {signal}")
            }
            How::Wall => {
                let s = seconds(limits.wall);
                text!("{s}초 안에 끝나지 않아 중단했습니다", "it was stopped: it did not end within {s} s")
            }
            How::Cpu => {
                let s = seconds(limits.cpu);
                text!("CPU 시간 {s}초를 넘겨 중단했습니다", "it was stopped: it used more than {s} s of CPU time")
            }
            How::Memory => {
                let size = mebibytes(limits.memory);
                text!("메모리 {size}를 넘겨 중단했습니다", "it was stopped: it used more than {size} of memory")
            }
            How::Processes => {
                let n = limits.processes;
                text!(
                    "프로세스와 스레드가 {n}개에 이르러 중단했습니다",
                    "it was stopped: it had {n} processes and threads or more"
                )
            }
            How::Output => {
                let size = mebibytes(limits.output_bytes);
                text!("{size}보다 많이 출력해 중단했습니다", "it was stopped: it printed more than {size}")
            }
            How::FileSize => {
                let size = mebibytes(limits.file_bytes);
                text!("{size}보다 큰 파일을 써서 중단했습니다", "it was stopped: it wrote a file larger than {size}")
            }
            How::Folder => {
                let size = mebibytes(limits.folder_bytes);
                let n = limits.folder_files;
                text!(
                    "자기 폴더에 {size} 또는 파일 {n}개보다 많이 써서 중단했습니다",
                    "it was stopped: it wrote more than {size} or {n} files into its folder"
                )
            }
            How::Stopped => text!("채점이 중단되었습니다", "grading was stopped"),
        }
    }
}

fn mebibytes(bytes: u64) -> String {
    if bytes >= 1 << 20 { format!("{} MiB", bytes >> 20) } else { format!("{} KiB", bytes >> 10) }
}

/// What this machine offers to hold a submission with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guards {
    /// rlimits, subreaper and /proc: Linux.
    pub limits: bool,
    /// A uid of its own: the grader runs as root.
    pub own_user: bool,
    /// The tools are below a folder that other users may not read (such as root's home), so the submission has been given the
    /// right to read every file. Only Landlock then stops it.
    pub reads_everything: bool,
    /// Landlock keeps reads, writes and signals inside.
    pub fence: Fence,
}

/// How much of the Landlock rules the kernel enforces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fence {
    /// No Landlock.
    #[default]
    None,
    /// Files, but not all of the rules: an older kernel (signals since Linux 6.12).
    Partial,
    /// All of them.
    Full,
}

impl Guards {
    /// What is missing here, a sentence each; empty where everything is there.
    pub fn missing(&self) -> Vec<Text> {
        let mut missing = Vec::new();
        if !self.limits {
            missing.push(text!(
                "이 운영체제에서는 실행 시간과 출력만 제한합니다. 메모리, 프로세스 수, 파일은 제한하지 않습니다",
                "on this system only time and output are limited, not memory, processes or files"
            ));
        }
        match self.fence {
            Fence::Full => {}
            Fence::Partial => missing.push(text!(
                "커널의 Landlock이 오래되어 일부 규칙만 적용됩니다(다른 프로세스에 보내는 시그널은 Linux 6.12부터 막습니다)",
                "the kernel's Landlock is older and enforces a part of the rules (signals to other processes: since Linux 6.12)"
            )),
            Fence::None => missing.push(text!(
                "커널에 Landlock이 없어, 제출물이 자기 폴더 밖에 쓰거나 다른 파일을 읽는 것을 권한만으로 막습니다",
                "the kernel has no Landlock: only file permissions stop a submission from writing outside its folder or reading other files"
            )),
        }
        if !self.own_user {
            missing.push(text!(
                "root가 아니므로 제출물이 채점기와 같은 사용자로 실행됩니다",
                "not root: submissions run as the same user as the grader"
            ));
        }
        if self.reads_everything && self.fence == Fence::None {
            missing.push(text!(
                "컴파일러나 인터프리터가 다른 사용자가 읽을 수 없는 폴더(예: /root) 아래에 있어, 제출물이 모든 파일을 읽을 수 있습니다. /usr/local 또는 /opt에 설치하세요",
                "the compiler or interpreter is below a folder that other users cannot read (such as /root), so submissions can read every file: install it in /usr/local or /opt"
            ));
        }
        missing
    }
}

/// What is known about a run that has ended, and of which nothing is running any more.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ended {
    /// How.
    pub how: How,
    /// The beginning of its standard output.
    pub out: String,
    /// The beginning of its standard error.
    pub err: String,
    /// From start to end.
    pub wall: Duration,
    /// CPU time of all its processes.
    pub cpu: Duration,
    /// The largest resident memory of all together that was seen.
    pub peak_memory: u64,
    /// The most processes and threads that were seen.
    pub peak_processes: u64,
    /// Processes that were still running after the program had ended, and were killed.
    pub left_behind: u64,
    /// What held it.
    pub guards: Guards,
}

static EXECUTABLE: OnceLock<PathBuf> = OnceLock::new();
static STOPPED: AtomicBool = AtomicBool::new(false);

/// For tests, whose own program is not the grader: the program that has the subcommands [`SUPERVISE`] and [`START`].
pub fn supervised_by(program: PathBuf) {
    let _ = EXECUTABLE.set(program);
}

/// Ends all runs, now and in future: for Ctrl-C.
pub fn stop_all() {
    STOPPED.store(true, Ordering::SeqCst);
}

/// From now on Ctrl-C, and SIGTERM, end all runs instead of this process; the second time they end the process too.
pub fn stop_on_ctrl_c() -> Result<()> {
    /// The exit code that shells use for SIGINT: 128 + 2.
    const INTERRUPTED: i32 = 130;

    let stop = || {
        if is_stopped() {
            // The supervisors see the end of this process and kill what runs.
            std::process::exit(INTERRUPTED);
        }
        stop_all();
    };
    ctrlc::set_handler(stop).map_err(|e| {
        Error::failed(text!("Ctrl-C를 처리하도록 설정할 수 없습니다: {e}", "Ctrl-C cannot be handled: {e}"))
    })
}

/// Whether [`stop_all`] was called.
pub fn is_stopped() -> bool {
    STOPPED.load(Ordering::SeqCst)
}

/// Runs a command under limits. Its program, arguments, environment variables and folder are taken from `command`; nothing
/// else of the grader's environment is passed on. Its standard input is empty.
pub fn run_limited(command: &Command, limits: &Limits) -> Result<Ended> {
    let job = Job::new(command, limits)?;
    #[cfg(target_os = "linux")]
    return supervise::run(job);
    #[cfg(not(target_os = "linux"))]
    plain::run(job)
}

/// The hidden subcommands: `Some` if `args`, without the program's name, are one of them. Called first in `main`, before any
/// thread exists.
pub fn hidden(args: &[OsString]) -> Option<ExitCode> {
    match args.first()?.to_str()? {
        #[cfg(target_os = "linux")]
        SUPERVISE => Some(supervise::main()),
        #[cfg(target_os = "linux")]
        START => Some(start::main(&args[1..])),
        _ => None,
    }
}

/// A command with its limits, as the grader hands it to the supervisor.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Job {
    program: PathBuf,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    dir: PathBuf,
    limits: Limits,
    /// Reading all files is granted: see [`Guards::reads_everything`].
    read_all: bool,
    /// Known to `limits-start` and not to the program: with it the former says that the latter could not be started.
    nonce: u64,
    /// The grader's own priority, which the program gets.
    nice: i32,
}

impl Job {
    fn new(command: &Command, limits: &Limits) -> Result<Job> {
        let program = find(command.get_program())?;
        let set = |(name, value): (&std::ffi::OsStr, Option<&std::ffi::OsStr>)| Some((name.into(), value?.into()));
        let mut env: Vec<(OsString, OsString)> = command.get_envs().filter_map(set).collect();
        let copy = limits.folder.as_os_str();
        let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
        // Temporary files and settings belong in the copy; a locale keeps Python from choosing ASCII. The compiler looks for
        // the linker in PATH.
        for (name, value) in
            [("PATH", path.as_os_str()), ("LANG", "C.UTF-8".as_ref()), ("HOME", copy), ("TMPDIR", copy)]
        {
            if !env.iter().any(|(n, _)| n == name) {
                env.push((name.into(), value.into()));
            }
        }
        let read_all = limits.user.is_some() && user::cannot_reach(limits.read.iter().chain([&program]));
        Ok(Job {
            args: command.get_args().map(Into::into).collect(),
            env,
            dir: command.get_current_dir().unwrap_or(&limits.folder).into(),
            limits: limits.clone(),
            program,
            read_all,
            nonce: RandomState::new().hash_one(std::process::id()),
            nice: nice(),
        })
    }
}

#[cfg(target_os = "linux")]
fn nice() -> i32 {
    rustix::process::getpriority_process(None).unwrap_or(0)
}

#[cfg(not(target_os = "linux"))]
fn nice() -> i32 {
    0
}

/// The program's path, looked up as a shell does, in the grader's own `PATH`.
fn find(program: &std::ffi::OsStr) -> Result<PathBuf> {
    let path = PathBuf::from(program);
    if path.components().count() > 1 {
        return Ok(path);
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).map(|folder| folder.join(&path)).find(|file| file.is_file()).ok_or_else(|| {
        let name = program.to_string_lossy();
        Error::failed(text!("{name}을(를) 찾을 수 없습니다", "{name} was not found"))
    })
}
