//! Runs a command as it is, or attaches to a process, and samples it until it ends.
//!
//! The command has our standard input, output and error, our process group and our terminal. Signals that are sent to us go on to it.
//! If we are killed, it goes on, as it would if any other parent died: nothing of it depends on us.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use lab::trace::Trace;
use lab::{Error, Result, text};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, PidfdFlags, Resource, Rlimit, Signal, getpgrp, getrlimit, pidfd_open, pidfd_send_signal, setrlimit,
};
use rustix::termios::tcgetpgrp;
use signal_hook::consts::{SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::flag::{register, register_conditional_default};
use signal_hook::iterator::Signals;

use crate::procfs;
use crate::recording::Recording;
use crate::sampler::Sampler;

/// Signals that go on to the program. The terminal's stop and continue reach it by itself.
const PASSED_ON: [i32; 6] = [SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2];
/// What the terminal sends to everybody in its foreground.
const FROM_TERMINAL: [i32; 2] = [SIGINT, SIGQUIT];

/// Open files that we ask for.
const MOST_FILES: u64 = 65536;

/// What came of a run.
#[derive(Debug)]
pub struct Ended {
    /// What was seen.
    pub recording: Recording,
    /// The same as lanes.
    pub trace: Trace,
    /// The exit code of the command; 128 and the signal if one ended it, as shells say it.
    pub code: u8,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Processes of the program that went on after it.
    pub left: usize,
    /// The program file of the Python that was watched.
    pub interpreter: Option<PathBuf>,
}

/// Runs the reader's command once.
pub fn run(command: &[OsString], rate: u64) -> Result<Ended> {
    let (program, args) = command.split_first().expect("the caller has looked");
    let target: Arc<OnceLock<OwnedFd>> = Arc::default();
    let has_ended = Arc::new(AtomicBool::new(false));
    pass_signals_on(Arc::clone(&target), &has_ended)?;
    let ended = observe(Command::new(program).args(args), rate, |handle| {
        let _ = target.set(handle);
    });
    // From here on they are for us: what follows measures what Python costs, which takes seconds.
    has_ended.store(true, Relaxed);
    ended
}

/// Runs a command and samples it; `started` gets its handle.
pub fn observe(command: &mut Command, rate: u64, started: impl FnOnce(OwnedFd)) -> Result<Ended> {
    let goes_on = notice_going_on()?;
    if procfs::ignored_signals() & bit(SIGCHLD) != 0 {
        // The kernel forgets the children of a process that ignores SIGCHLD, and with them their exit codes. The program gets the
        // default instead, which for it means the same until it has children of its own.
        register(SIGCHLD, Arc::default())?;
    }
    let mut child = command.spawn().map_err(|e| cannot_start(command.get_program(), &e))?;
    allow_more_files();
    let handle = match handle_of(child.id()).and_then(|handle| Ok((handle.try_clone()?, handle))) {
        Ok((for_signals, handle)) => {
            started(for_signals);
            handle
        }
        Err(e) => {
            // It has been started: it runs to its end, and is only not watched.
            wait(&mut child)?;
            return Err(e);
        }
    };
    let mut sampler = Sampler::new(child.id(), rate, false);
    sampler.sample();
    while !has_ended(&handle, sampler.pause())? {
        if goes_on.swap(false, Relaxed) {
            sampler.skip();
        }
        sampler.sample();
    }
    // Still a zombie: its counters can be read until it is waited for.
    let left = sampler.others(child.id());
    let interpreter = sampler.interpreter();
    let (recording, trace) = sampler.finish();
    let status = wait(&mut child)?;
    Ok(Ended { recording, trace, code: code_of(status), signal: status.signal(), left, interpreter })
}

/// Watches a process that runs already, for so long or until it ends. Ctrl-C ends the watching.
pub fn attach(pid: u32, seconds: Duration, rate: u64) -> Result<Ended> {
    let gone =
        || Error::usage(text!("--pid {pid}: 그런 프로세스가 없습니다.", "--pid {pid}: there is no such process."));
    let stat = procfs::Stat::of(pid).ok_or_else(gone)?;
    if pid == std::process::id() {
        return Err(Error::usage(text!(
            "--pid {pid}: 이 명령 자신입니다. 다른 프로세스를 주십시오.",
            "--pid {pid}: that is this command itself. Give another process."
        )));
    }
    if let Some(process) = procfs::process_of(pid).filter(|process| *process != pid) {
        return Err(Error::usage(text!(
            "--pid {pid}: 프로세스가 아니라 프로세스 {process}의 스레드입니다. --pid {process}를 주십시오.",
            "--pid {pid}: that is a thread, not a process. It belongs to --pid {process}."
        )));
    }
    if stat.state == 'Z' {
        return Err(Error::usage(text!(
            "--pid {pid}: 이미 끝난 프로세스입니다(좀비).",
            "--pid {pid}: that process has ended already (a zombie)."
        )));
    }
    let handle = handle_of(pid)?;
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // The second one ends us.
        register_conditional_default(signal, Arc::clone(&stop))?;
        register(signal, Arc::clone(&stop))?;
    }
    allow_more_files();
    let until = Instant::now() + seconds;
    let mut sampler = Sampler::new(pid, rate, true);
    while !stop.load(Relaxed) && Instant::now() < until && !has_ended(&handle, sampler.pause())? {
        sampler.sample();
    }
    let interpreter = sampler.interpreter();
    let (recording, trace) = sampler.finish();
    Ok(Ended { recording, trace, code: 0, signal: None, left: 0, interpreter })
}

fn handle_of(pid: u32) -> Result<OwnedFd> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("the kernel gave it");
    pidfd_open(pid, PidfdFlags::empty()).map_err(|e| {
        Error::failed(text!(
            "프로세스를 지켜볼 수 없습니다(리눅스 5.3부터 가능합니다): {e}",
            "cannot watch the process (possible from Linux 5.3 on): {e}"
        ))
    })
}

/// Waits so long for the end of the process.
fn has_ended(handle: &OwnedFd, pause: Duration) -> io::Result<bool> {
    let pause = Timespec { tv_sec: pause.as_secs() as i64, tv_nsec: i64::from(pause.subsec_nanos()) };
    match poll(&mut [PollFd::new(&handle.as_fd(), PollFlags::IN)], Some(&pause)) {
        Ok(ready) => Ok(ready > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(e) => Err(e.into()),
    }
}

fn wait(child: &mut Child) -> io::Result<ExitStatus> {
    loop {
        match child.wait() {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            ended => return ended,
        }
    }
}

fn code_of(status: ExitStatus) -> u8 {
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    u8::try_from(code).unwrap_or(1)
}

fn cannot_start(program: &OsStr, e: &io::Error) -> Error {
    let name = program.to_string_lossy();
    Error::usage(match e.kind() {
        io::ErrorKind::NotFound if Path::new(program).is_file() => text!(
            "'{name}': 첫 줄(#!)에 적힌 인터프리터가 없습니다.",
            "'{name}': there is no such interpreter as its first line (#!) names."
        ),
        io::ErrorKind::NotFound => text!(
            "'{name}': 그런 프로그램이 없습니다. 실행할 명령을 그대로 주십시오. 예: python3 my_script.py",
            "'{name}': there is no such program. Give the command as you run it, such as python3 my_script.py"
        ),
        _ if Path::new(program).is_dir() => {
            text!("'{name}': 폴더입니다. 실행할 명령을 주십시오.", "'{name}': is a folder. Give the command to run.")
        }
        // ENOEXEC, which has no name here: a shell would take it for one of its own scripts.
        _ if e.raw_os_error() == Some(rustix::io::Errno::NOEXEC.raw_os_error()) => text!(
            "'{name}': 실행 파일도 아니고 첫 줄에 #!도 없습니다. 스크립트라면 인터프리터를 앞에 주십시오. 예: sh {name}",
            "'{name}': is no executable and has no #! line. If it is a script, give its interpreter first, as sh {name}"
        ),
        _ => text!("'{name}': 실행할 수 없습니다: {e}", "'{name}': cannot be started: {e}"),
    })
}

/// Signals that reach us go on to the program, but not those that we were told to ignore, as by nohup(1): the program ignores them
/// as well, and a handler of ours would change that.
fn pass_signals_on(target: Arc<OnceLock<OwnedFd>>, has_ended: &Arc<AtomicBool>) -> Result<()> {
    let ignored = procfs::ignored_signals();
    let heard: Vec<i32> = PASSED_ON.into_iter().filter(|signal| ignored & bit(*signal) == 0).collect();
    for signal in &heard {
        // Decided when the signal arrives: one that has ended the program as well came before its end.
        register_conditional_default(*signal, Arc::clone(has_ended))?;
    }
    let mut signals = Signals::new(heard)?;
    let passing = move || {
        for signal in signals.forever() {
            // The terminal has sent it to the program as well.
            if FROM_TERMINAL.contains(&signal) && is_in_foreground() {
                continue;
            }
            let (Some(target), Some(signal)) = (target.get(), Signal::from_named_raw(signal)) else { continue };
            // An error says that the program has ended.
            let _ = pidfd_send_signal(target, signal);
        }
    };
    thread::Builder::new().name("signals".into()).spawn(passing).map(drop).map_err(|e| Error::no_thread(&e))
}

/// A signal in a set of signals.
fn bit(signal: i32) -> u64 {
    1 << (signal - 1)
}

/// Becomes true when we have been stopped and go on, as with Ctrl-Z and `fg`: the program was stopped too.
fn notice_going_on() -> Result<Arc<AtomicBool>> {
    let goes_on = Arc::new(AtomicBool::new(false));
    register(SIGCONT, Arc::clone(&goes_on))?;
    Ok(goes_on)
}

/// Two files stay open for each thread. Only after the program has started: it would inherit the limit.
fn allow_more_files() {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(MOST_FILES).min(MOST_FILES);
    if limit.current.is_some_and(|now| now < most) {
        // Without it there are threads that are not watched.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(most), ..limit });
    }
}

/// Whether a key of the terminal reaches this process group.
fn is_in_foreground() -> bool {
    let terminal = std::fs::File::open("/dev/tty");
    terminal.is_ok_and(|terminal| tcgetpgrp(&terminal).is_ok_and(|group| group == getpgrp()))
}
