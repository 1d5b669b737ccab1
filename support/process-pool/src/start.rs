//! How a worker comes to be: as a copy of the fork server, or as this program started anew.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::Command;

use super::child::Child;
use super::{Start, WORKER, forkserver, system};

/// A worker that has been asked for, and need not be there yet.
pub struct Asked {
    /// Here it is told what it needs, and when our end is closed, in whatever way, it ends. There until it is taken.
    line: Option<UnixStream>,
    process: Process,
}

enum Process {
    /// Started as a program.
    Known(Child),
    /// Asked for at this fork server.
    Awaited(u64),
    /// It is in somebody else's hands now.
    Taken,
}

impl Asked {
    /// Asks for one, in the way that is wanted, or in the other if that one is not to be had.
    pub fn new(start: Start) -> io::Result<Asked> {
        if start == Start::Fork && system::CAN_FORK {
            let (line, theirs) = UnixStream::pair()?;
            if let Ok(server) = forkserver::ask(&theirs) {
                return Ok(Asked { line: Some(line), process: Process::Awaited(server) });
            }
        }
        let (line, theirs) = UnixStream::pair()?;
        let process = program(WORKER, theirs)?;
        Ok(Asked { line: Some(line), process: Process::Known(process) })
    }

    /// The line to it.
    pub fn line(&self) -> io::Result<&UnixStream> {
        self.line.as_ref().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// Waits until it is there.
    pub fn arrive(mut self) -> io::Result<(UnixStream, Child)> {
        let line = self.line.take().ok_or(io::ErrorKind::NotConnected)?;
        match std::mem::replace(&mut self.process, Process::Taken) {
            Process::Known(process) => Ok((line, process)),
            Process::Awaited(server) => forkserver::answer(&line, server).map(|process| (line, process)),
            Process::Taken => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

/// Nobody needs it any more. A copy of the fork server is our child all the same, and must be waited for.
impl Drop for Asked {
    fn drop(&mut self) {
        if let (Some(line), Process::Awaited(server)) = (self.line.take(), &self.process) {
            drop(forkserver::answer(&line, *server));
        }
    }
}

/// Starts this very program, even if its file has been replaced or deleted meanwhile, with a line as its standard input.
pub fn program(part: &str, line: UnixStream) -> io::Result<Child> {
    let mut command =
        if cfg!(target_os = "linux") { Command::new("/proc/self/exe") } else { Command::new(std::env::current_exe()?) };
    if let Some(name) = std::env::args_os().next() {
        command.arg0(name);
    }
    // A group of its own: Ctrl-C in the terminal reaches the parent alone.
    let child = command.arg(part).process_group(0).stdin(OwnedFd::from(line)).spawn()?;
    Child::of(child.id()).ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// In that program: takes the line away from standard input, where tasks and their children would find it.
pub fn leave_stdin() -> io::Result<UnixStream> {
    let line = io::stdin().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(line.into())
}

/// What this process is, for those who look with `ps` or `top`: all of them are the same program. At most 15 bytes.
pub fn call_it(name: &std::ffi::CStr) {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::set_name(name);
    #[cfg(not(target_os = "linux"))]
    let _ = name;
}
